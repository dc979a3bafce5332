"""Labels as a camera sees them: a symbol is printed with a fault, then photographed.

Nothing here is shared with the program's fake camera.
"""
import cv2
import numpy as np

CELL = 12  # pixels of the print for each module
QUIET = 3  # modules of light around the symbol


class Shot:
    """One label: what befalls it is drawn from its dice."""

    def __init__(self, dark, big, dice):
        self.dice = dice
        self.dark = dark.astype(np.float32)
        self.size = (1280, 1024) if big else (640, 480)
        largest = min(8.0, 0.8 * self.size[1] / (max(dark.shape) + 6))
        self.module_px = dice.uniform(min(4.2, largest - 0.1), largest)
        self.angle = dice.uniform(-180, 180)
        self.light, self.ink = dice.uniform(170, 235), dice.uniform(15, 70)
        self.margin = 8 * CELL

    def printed(self):
        """Share of ink on the label, with a little print growth."""
        ink = np.kron(self.dark, np.ones((CELL, CELL), np.float32))
        ink = np.pad(ink, QUIET * CELL)
        growth = self.dice.uniform(-0.08, 0.1)
        side = int(abs(growth) * CELL * 2) | 1
        change = cv2.dilate if growth > 0 else cv2.erode
        return change(ink, np.ones((side, side), np.uint8))

    def label(self, ink):
        """Brightness of the label, with its margin."""
        bright = self.light + (self.ink - self.light) * ink
        return np.pad(bright, self.margin, constant_values=self.light)

    def photographed(self, label, tilt=0.0):
        width, height = self.size
        high, wide = label.shape
        scale = self.module_px / CELL
        place = cv2.getRotationMatrix2D((wide / 2, high / 2), self.angle, scale)
        place[:, 2] += [width / 2 - wide / 2, height / 2 - high / 2]
        place[:, 2] += self.dice.uniform(-0.08, 0.08, 2) * [width, height]
        place = np.vstack([place, [0, 0, 1]])
        if tilt:
            corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
            moved = corners + self.dice.uniform(-tilt, tilt, (4, 2)) * [width, height]
            place = cv2.getPerspectiveTransform(corners, np.float32(moved)) @ place
        # Twice the size, then halved: so that pixels see areas, not points.
        place, double = np.diag([2.0, 2.0, 1.0]) @ place, (2 * width, 2 * height)
        ground = self.dice.uniform(60, 140, (height // 16, width // 16)).astype(np.float32)
        picture = cv2.warpPerspective(label.astype(np.float32), place, double)
        inside = cv2.warpPerspective(np.ones_like(label, np.float32), place, double) > 0.5
        picture = np.where(inside, picture, cv2.resize(ground, double))
        return cv2.resize(picture, self.size, interpolation=cv2.INTER_AREA)

    def developed(self, picture):
        blurred = cv2.GaussianBlur(picture, (0, 0), self.dice.uniform(0.4, 0.8))
        noisy = blurred + self.dice.normal(0, self.dice.uniform(1, 5), blurred.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)

    def plainly(self, ink):
        return self.developed(self.photographed(self.label(ink)))


def plain(shot):
    return shot.plainly(shot.printed())


def ribbon(shot):
    """Ribbon that did not melt everywhere, and wrinkles in it."""
    ink, dice = shot.printed(), shot.dice
    grain = cv2.GaussianBlur(dice.normal(0, 1, ink.shape).astype(np.float32), (0, 0), CELL / 4)
    wrinkles = np.zeros_like(ink)
    for _ in range(dice.integers(1, 4)):
        x = dice.uniform(0, ink.shape[1])
        end = int(x + dice.uniform(-0.5, 0.5) * ink.shape[1])
        cv2.line(wrinkles, (int(x), 0), (end, ink.shape[0]), 1.0, int(dice.integers(2, 6)))
    return shot.plainly(ink * (1 - 0.35 * (grain > 1.1 * grain.std())) * (1 - 0.7 * wrinkles))


def dead_dots(shot):
    ink = shot.printed()
    for _ in range(shot.dice.integers(1, 4)):
        x = int(shot.dice.uniform(QUIET * CELL, ink.shape[1] - QUIET * CELL))
        ink[:, x : x + int(shot.dice.integers(CELL // 4, CELL * 4 // 5))] = 0
    return shot.plainly(ink)


def feed(shot):
    """The web goes faster and slower under the head."""
    ink, dice = shot.printed(), shot.dice
    high = ink.shape[0]
    way = np.arange(high) / high
    swing, start, turns = dice.uniform(0.02, 0.06), dice.uniform(0, 6.3), dice.uniform(0.5, 1.5)
    uneven = swing * np.sin(2 * np.pi * way * turns + start) / (2 * np.pi)
    rows = high * (0.5 + (way + uneven - 0.5) * dice.uniform(0.93, 1.07))
    x, y = np.meshgrid(np.arange(ink.shape[1]), rows)
    return shot.plainly(cv2.remap(ink, np.float32(x), np.float32(y), cv2.INTER_LINEAR))


def curved(shot):
    """Around a bottle."""
    ink = shot.printed()
    wide = ink.shape[1]
    radius = wide * shot.dice.uniform(0.75, 1.4)
    across = radius * np.arcsin((np.arange(wide) - wide / 2) / radius) + wide / 2
    x, y = np.meshgrid(across, np.arange(ink.shape[0]))
    ink = cv2.remap(ink, np.float32(x), np.float32(y), cv2.INTER_LINEAR)
    return shot.plainly(ink.T if shot.dice.random() < 0.5 else ink)


def tilted(shot):
    return shot.developed(shot.photographed(shot.label(shot.printed()), tilt=0.11))


def motion(shot):
    picture = shot.photographed(shot.label(shot.printed()))
    half = 4 * shot.module_px * shot.dice.uniform(0.3, 0.75)
    way = shot.dice.uniform(0, np.pi)
    step = np.array([np.cos(way), np.sin(way)]) * half
    kernel = np.zeros((168, 168), np.float32)
    begin, end = (84 - step).astype(int), (84 + step).astype(int)
    cv2.line(kernel, tuple(map(int, begin)), tuple(map(int, end)), 1.0, 8)
    kernel = cv2.resize(kernel, (21, 21), interpolation=cv2.INTER_AREA)
    return shot.developed(cv2.filter2D(picture, -1, kernel / kernel.sum()))


def jpeg(shot):
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(shot.dice.integers(18, 45))]
    return cv2.imdecode(cv2.imencode(".jpg", plain(shot), quality)[1], cv2.IMREAD_GRAYSCALE)


def glare(shot):
    picture, dice = shot.photographed(shot.label(shot.printed())), shot.dice
    width, height = shot.size
    modules = max(1.0, shot.dark.shape[1] / 30)
    y, x = np.mgrid[:height, :width]
    off = dice.uniform(-0.3, 0.3, 2) * shot.module_px * shot.dark.shape[1]
    spread = shot.module_px * dice.uniform(1.2, 2.6, 2) * modules
    far = ((x - width / 2 - off[0]) / spread[0]) ** 2 + ((y - height / 2 - off[1]) / spread[1]) ** 2
    return shot.developed(picture + 230 * np.exp(-far))


def quiet_zone(shot):
    """A bar on one side takes away part of the quiet zone."""
    shot.margin, shot.angle = CELL, shot.dice.uniform(-4, 4)
    label = shot.label(shot.printed())
    reach = CELL + QUIET * CELL - int(CELL * shot.dice.uniform(0.2, 0.8))
    tone = shot.ink if shot.dice.random() < 0.6 else (shot.light + shot.ink) / 2
    label = np.rot90(label, shot.dice.integers(4)).copy()
    label[:reach] = tone
    return shot.developed(shot.photographed(label))


def mirrored(shot):
    shot.dark = shot.dark[:, ::-1]
    return plain(shot)


def inverted(shot):
    shot.light, shot.ink = shot.ink, shot.light
    return plain(shot)


def neighbour(shot):
    """A piece of another label's symbol close by."""
    label = shot.label(shot.printed())
    other = (shot.dice.random((shot.dark.shape[0], 12)) < 0.5).astype(np.float32)
    other[:, 0], other[-1] = 1, 1
    ink = np.kron(other, np.ones((CELL, CELL), np.float32))
    bright = shot.light + (shot.ink - shot.light) * ink
    top = (label.shape[0] - bright.shape[0]) // 2
    column = np.full((label.shape[0], bright.shape[1]), shot.light, np.float32)
    column[top : top + bright.shape[0]] = bright
    cut = shot.margin - CELL
    return shot.developed(shot.photographed(np.hstack([label[:, :-cut], column])))


def clutter(shot):
    label, dice = shot.label(shot.printed()), shot.dice
    page = np.full((label.shape[0] + 40 * CELL, label.shape[1] + 40 * CELL), int(shot.light), np.uint8)
    high, wide = page.shape
    for _ in range(dice.integers(3, 8)):
        words = "".join(chr(dice.integers(48, 123)) for _ in range(dice.integers(4, 22)))
        where = (int(dice.integers(0, wide)), int(dice.integers(0, high)))
        font, size = int(dice.integers(0, 7)), float(dice.uniform(0.4, 1.6))
        cv2.putText(page, words, where, font, size, int(shot.ink), int(dice.integers(1, 4)), cv2.LINE_AA)
    for _ in range(3):
        x, y = int(dice.uniform(0, wide * 0.7)), int(dice.uniform(0, high * 0.9))
        for bar in range(40):
            if dice.random() < 0.5:
                page[y : y + 60, x + bar * 6 : x + bar * 6 + int(dice.integers(2, 6))] = shot.ink
    half = 20 * CELL
    page[half : half + label.shape[0], half : half + label.shape[1]] = label
    return shot.developed(shot.photographed(page))


def faint_and_uneven(shot):
    shot.ink = shot.light - shot.dice.uniform(40, 75)
    picture = shot.photographed(shot.label(shot.printed()))
    width, height = shot.size
    y, x = np.mgrid[:height, :width]
    way = shot.dice.uniform(0, 6.3)
    shade = 0.35 + 0.65 * (x / width * np.cos(way) + y / height * np.sin(way))
    return shot.developed(picture * np.clip(shade, 0.3, 1.1))


def coarse_dots(shot):
    """Two or three dots of the print head a module."""
    ink = shot.printed()
    high, wide = ink.shape
    dots = int(shot.dice.integers(2, 4))
    small = cv2.resize(ink, (wide * dots // CELL, high * dots // CELL), interpolation=cv2.INTER_AREA)
    ink = cv2.resize((small > 0.5).astype(np.float32), (wide, high), interpolation=cv2.INTER_NEAREST)
    return shot.plainly(cv2.GaussianBlur(ink, (0, 0), CELL * 0.12))


def warped(ink, moved):
    """The print with every row taken from elsewhere: `moved` modules along the feed."""
    x, y = np.meshgrid(np.arange(ink.shape[1]), np.arange(ink.shape[0]) + CELL * moved)
    return cv2.remap(ink, np.float32(x), np.float32(y), cv2.INTER_LINEAR)


def wobble(shot):
    """A feed that is uneven by 0.15 to 0.45 modules within nine to nineteen."""
    ink, dice = shot.printed(), shot.dice
    way = np.arange(ink.shape[0]) / CELL
    turns, swing, start = dice.uniform(9, 19), dice.uniform(0.15, 0.45), dice.uniform(0, 6.3)
    return shot.plainly(warped(ink, swing * np.sin(2 * np.pi * way / turns + start)))


def stretched(shot):
    """Fed much too fast or too slowly, or askew."""
    ink, dice = shot.printed(), shot.dice
    high, wide = ink.shape
    longer = dice.uniform(1.15, 1.4) ** dice.choice([-1, 1])
    slant = dice.uniform(-0.3, 0.3) * dice.integers(2)
    way = np.float32([[1, slant, abs(slant) * high], [0, longer, 0]])
    size = (int(wide + 2 * abs(slant) * high), int(high * longer))
    return shot.plainly(cv2.warpAffine(ink, way, size))


def no_quiet_zone(shot):
    """A line or large letters touch the symbol on one side."""
    shot.angle = shot.dice.uniform(-180, 180)
    ink, dice = np.rot90(shot.printed(), shot.dice.integers(4)).copy(), shot.dice
    edge = QUIET * CELL
    if dice.random() < 0.5:
        ink[edge - int(CELL * dice.uniform(0.6, 2.5)) : edge] = 1
    else:
        words = "".join(chr(dice.integers(65, 91)) for _ in range(12))
        text = np.zeros(ink.shape, np.uint8)
        cv2.putText(text, words, (CELL, edge), 2, dice.uniform(1.0, 1.8), 1, 3)
        ink = np.maximum(ink, text.astype(np.float32))
    return shot.plainly(ink)


def small(shot):
    """Modules of 1.9 to 2.6 pixels."""
    shot.module_px = shot.dice.uniform(1.9, 2.6)
    picture = shot.photographed(shot.label(shot.printed()))
    blurred = cv2.GaussianBlur(picture, (0, 0), shot.dice.uniform(0.3, 0.5))
    noisy = blurred + shot.dice.normal(0, shot.dice.uniform(1, 3), blurred.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def separate_dots(shot):
    """Peened: dots of 0.55 to 0.9 modules, a little beside their places."""
    high, wide = shot.dark.shape
    ink = np.zeros(((high + 2 * QUIET) * CELL, (wide + 2 * QUIET) * CELL), np.float32)
    radius = shot.dice.uniform(0.55, 0.9) * CELL / 2
    for row, col in np.argwhere(shot.dark > 0.5):
        x, y = (np.array([col, row]) + QUIET + 0.5 + shot.dice.normal(0, 0.03, 2)) * CELL
        cv2.circle(ink, (round(x), round(y)), round(radius), 1.0, -1, cv2.LINE_AA)
    return shot.plainly(ink)


CONDITIONS = [
    plain, ribbon, dead_dots, feed, curved, tilted, motion, jpeg, glare, quiet_zone, mirrored,
    inverted, neighbour, clutter, faint_and_uneven, coarse_dots, wobble, stretched, no_quiet_zone,
    small, separate_dots,
]
