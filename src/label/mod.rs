//! What a label looks like (pure): design to placed elements to ZPL, bitmap and PDF.
