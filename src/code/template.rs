//! Product groups and the forms of their codes, as data.

/// A product group of the state systems, by the alias that their interfaces use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductGroup(&'static str);

impl ProductGroup {
    /// Footwear.
    pub const SHOES: Self = Self("shoes");
    /// Dairy.
    pub const MILK: Self = Self("milk");
    /// Clothing and light industry.
    pub const LP: Self = Self("lp");
    /// Bottled water.
    pub const WATER: Self = Self("water");
    /// Beer.
    pub const BEER: Self = Self("beer");

    /// Every group that this version knows.
    pub const ALL: [Self; 5] = [Self::SHOES, Self::MILK, Self::LP, Self::WATER, Self::BEER];

    /// The alias, such as `milk`.
    pub const fn alias(self) -> &'static str {
        self.0
    }

    /// Finds a group by its alias.
    pub fn from_alias(alias: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.0 == alias)
    }

    /// The number of the code form in an order (`templateId`; CRPT "API СУЗ 3.0", 5.3.1.10).
    pub fn template_id(self) -> u32 {
        TEMPLATES.iter().find(|t| t.group == self).map_or(0, |t| t.template_id)
    }
}

impl std::fmt::Display for ProductGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// What follows the serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// `93` and four characters.
    Short,
    /// `91` and a key of four, `92` and a signature of this many characters.
    Long(usize),
}

/// One form of a code: `01` GTIN `21` serial GS tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Whose codes look like this.
    pub group: ProductGroup,
    /// Its number in an order.
    pub template_id: u32,
    /// Length of the serial number, country digit included.
    pub serial_len: usize,
    /// What follows the serial number.
    pub tail: Tail,
    /// Modules along one side of the square symbol that holds the worst such code in ASCII
    /// encodation (letters in the serial, digit pairs elsewhere; ISO/IEC 16022 capacities).
    pub modules: u32,
}

const fn form(
    group: ProductGroup,
    template_id: u32,
    serial_len: usize,
    tail: Tail,
    modules: u32,
) -> Template {
    Template { group, template_id, serial_len, tail, modules }
}

/// Forms by group. Where two groups share a form, the first is the one that a code without
/// further knowledge is taken for. Source: CRPT "API СУЗ 3.0" (rev. 47), 5.3.1.10; dairy with
/// eight: the Belarusian operator's page on dairy marking.
pub const TEMPLATES: &[Template] = &[
    form(ProductGroup::SHOES, 1, 13, Tail::Long(88), 44),
    form(ProductGroup::MILK, 20, 6, Tail::Short, 20),
    form(ProductGroup::MILK, 20, 8, Tail::Short, 22),
    form(ProductGroup::LP, 10, 13, Tail::Long(44), 36),
    form(ProductGroup::WATER, 16, 13, Tail::Short, 22),
    form(ProductGroup::BEER, 18, 7, Tail::Short, 22),
];
