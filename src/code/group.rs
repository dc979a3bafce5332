//! Product groups of the state systems: their numbers, aliases and names, as data.

/// A product group of the state systems, by the alias that their interfaces use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductGroup(&'static str);

/// How sure a row of a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Stands in the manual of the Russian operator: CRPT "API СУЗ 3.0", rev. 47 (September 2025),
    /// 5.3.1.4 (templates) and table of product groups.
    Manual,
    /// Published by an operator of a neighbour: the Belarusian page on dairy marking, articles of
    /// the help of the Uzbek operator.
    Neighbour,
    /// Follows from what the manual says of it, without a row of its own.
    Derived,
    /// Not in that manual: a classifier of the accounting program 1C (2.5.27), as an emulator of
    /// the state system repeats it. To be compared with the operator's own table before it is used.
    Classifier,
}

impl Trust {
    /// The word for tables and programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Neighbour => "neighbour",
            Self::Derived => "derived",
            Self::Classifier => "classifier",
        }
    }
}

/// What is known of a product group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupFacts {
    /// The group.
    pub group: ProductGroup,
    /// Its number in the Russian system; nothing for a group that only neighbours have, or whose
    /// number is not known.
    pub id: Option<u8>,
    /// Its part of the address in interfaces of version 2 (`/api/v2/{extension}/…`), where one of
    /// them has it: Russia, Kazakhstan, Kyrgyzstan or Uzbekistan.
    pub v2: Option<&'static str>,
    /// For a person.
    pub name: &'static str,
    /// How sure that is.
    pub trust: Trust,
}

impl ProductGroup {
    /// Finds a group by its alias, among those with codes that we know the form of.
    pub fn from_alias(alias: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.0 == alias)
    }

    /// Finds a group by its number in the Russian system.
    pub fn from_id(id: u8) -> Option<Self> {
        GROUPS.iter().find(|facts| facts.id == Some(id)).map(|facts| facts.group)
    }

    /// Finds a group by its part of the address in interfaces of version 2.
    pub fn from_v2(extension: &str) -> Option<Self> {
        GROUPS.iter().find(|facts| facts.v2 == Some(extension)).map(|facts| facts.group)
    }

    /// The alias, such as `milk`.
    pub const fn alias(self) -> &'static str {
        self.0
    }

    /// What is known of it.
    pub fn facts(self) -> &'static GroupFacts {
        let found = GROUPS.iter().find(|facts| facts.group == self);
        found.expect("groups are made in this file, each with its row")
    }

    /// Its number in the Russian system.
    pub fn id(self) -> Option<u8> {
        self.facts().id
    }

    /// Its part of the address in interfaces of version 2.
    pub fn v2(self) -> Option<&'static str> {
        self.facts().v2
    }

    /// Its name for a person, such as `Dairy`.
    pub fn name(self) -> &'static str {
        self.facts().name
    }
}

impl std::fmt::Display for ProductGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl ProductGroup {
    /// Clothing and light industry.
    pub const LP: Self = Self("lp");
    /// Footwear.
    pub const SHOES: Self = Self("shoes");
    /// Tobacco.
    pub const TOBACCO: Self = Self("tobacco");
    /// Perfumes.
    pub const PERFUMERY: Self = Self("perfumery");
    /// Tyres.
    pub const TIRES: Self = Self("tires");
    /// Cameras and flashes.
    pub const ELECTRONICS: Self = Self("electronics");
    /// Medicines.
    pub const PHARMA: Self = Self("pharma");
    /// Dairy.
    pub const MILK: Self = Self("milk");
    /// Bicycles.
    pub const BICYCLE: Self = Self("bicycle");
    /// Medical devices.
    pub const WHEELCHAIRS: Self = Self("wheelchairs");
    /// Alternative tobacco.
    pub const OTP: Self = Self("otp");
    /// Bottled water.
    pub const WATER: Self = Self("water");
    /// Furs.
    pub const FURS: Self = Self("furs");
    /// Beer.
    pub const BEER: Self = Self("beer");
    /// Nicotine products.
    pub const NCP: Self = Self("ncp");
    /// Food supplements.
    pub const BIO: Self = Self("bio");
    /// Antiseptics.
    pub const ANTISEPTIC: Self = Self("antiseptic");
    /// Pet food.
    pub const PETFOOD: Self = Self("petfood");
    /// Seafood.
    pub const SEAFOOD: Self = Self("seafood");
    /// Alcohol-free beer.
    pub const NABEER: Self = Self("nabeer");
    /// Soft drinks and juices.
    pub const SOFTDRINKS: Self = Self("softdrinks");
    /// Meat.
    pub const MEAT: Self = Self("meat");
    /// Veterinary medicines.
    pub const VETPHARMA: Self = Self("vetpharma");
    /// Toys.
    pub const TOYS: Self = Self("toys");
    /// Radio electronics.
    pub const RADIO: Self = Self("radio");
    /// Titanium.
    pub const TITAN: Self = Self("titan");
    /// Canned food.
    pub const CONSERVE: Self = Self("conserve");
    /// Vegetable oil.
    pub const VEGETABLEOIL: Self = Self("vegetableoil");
    /// Optical fibre.
    pub const OPTICFIBER: Self = Self("opticfiber");
    /// Cosmetics and household chemicals.
    pub const CHEMISTRY: Self = Self("chemistry");
    /// Printed matter.
    pub const BOOKS: Self = Self("books");
    /// Groceries.
    pub const GROCERY: Self = Self("grocery");
    /// Building materials.
    pub const CONSTRUCTION: Self = Self("construction");
    /// Fire safety.
    pub const FIRE: Self = Self("fire");
    /// Heaters.
    pub const HEATER: Self = Self("heater");
    /// Cables.
    pub const CABLERAW: Self = Self("cableraw");
    /// Motor oils.
    pub const AUTOFLUIDS: Self = Self("autofluids");
    /// Polymer pipes.
    pub const POLYMER: Self = Self("polymer");
    /// Sweets.
    pub const SWEETS: Self = Self("sweets");
    /// Car parts.
    pub const CARPARTS: Self = Self("carparts");
    /// Nicotine devices.
    pub const NICOTINDEV: Self = Self("nicotindev");
    /// Notebooks and phones.
    pub const GADGETS: Self = Self("gadgets");
    /// Feed additives.
    pub const VETBIO: Self = Self("vetbio");
    /// Alcohol.
    pub const ALCOHOL: Self = Self("alcohol");
    /// Household appliances.
    pub const APPLIANCES: Self = Self("appliances");
    /// Homeware.
    pub const HOMEWARE: Self = Self("homeware");
    /// Industrial goods.
    pub const INDUSTRIAL: Self = Self("industrial");
    /// Fertilisers.
    pub const FERTILIZERS: Self = Self("fertilizers");
    /// Frozen food.
    pub const FROZEN: Self = Self("frozen");
    /// Fur clothing.
    pub const FURSLP: Self = Self("furslp");
    /// Pyrotechnics.
    pub const PYROTECHNICS: Self = Self("pyrotechnics");

    /// Every group with codes that this version knows the form of. Furs are missing: the manual has
    /// a number for them and no form.
    pub const ALL: [Self; 50] = [
        Self::SHOES,
        Self::MILK,
        Self::LP,
        Self::WATER,
        Self::BEER,
        Self::TOBACCO,
        Self::PERFUMERY,
        Self::TIRES,
        Self::ELECTRONICS,
        Self::PHARMA,
        Self::BICYCLE,
        Self::WHEELCHAIRS,
        Self::OTP,
        Self::NCP,
        Self::BIO,
        Self::ANTISEPTIC,
        Self::PETFOOD,
        Self::SEAFOOD,
        Self::NABEER,
        Self::SOFTDRINKS,
        Self::MEAT,
        Self::VETPHARMA,
        Self::TOYS,
        Self::RADIO,
        Self::TITAN,
        Self::CONSERVE,
        Self::VEGETABLEOIL,
        Self::OPTICFIBER,
        Self::CHEMISTRY,
        Self::BOOKS,
        Self::GROCERY,
        Self::CONSTRUCTION,
        Self::FIRE,
        Self::HEATER,
        Self::CABLERAW,
        Self::AUTOFLUIDS,
        Self::POLYMER,
        Self::SWEETS,
        Self::CARPARTS,
        Self::NICOTINDEV,
        Self::GADGETS,
        Self::VETBIO,
        Self::ALCOHOL,
        Self::APPLIANCES,
        Self::HOMEWARE,
        Self::INDUSTRIAL,
        Self::FERTILIZERS,
        Self::FROZEN,
        Self::FURSLP,
        Self::PYROTECHNICS,
    ];
}

const fn row(
    group: ProductGroup,
    id: Option<u8>,
    v2: Option<&'static str>,
    name: &'static str,
    trust: Trust,
) -> GroupFacts {
    GroupFacts { group, id, v2, name, trust }
}

/// Every group: numbers and aliases from the manual of the Russian operator, extensions from the
/// interface descriptions of the live servers of version 2 (October 2023). Which of their `photo`,
/// `perfum` and `vegs` is which of our groups, the operator's own names say.
pub const GROUPS: &[GroupFacts] = &[
    row(ProductGroup::LP, Some(1), Some("lp"), "Clothing and light industry", Trust::Manual),
    row(ProductGroup::SHOES, Some(2), Some("shoes"), "Footwear", Trust::Manual),
    row(ProductGroup::TOBACCO, Some(3), Some("tobacco"), "Tobacco", Trust::Manual),
    row(ProductGroup::PERFUMERY, Some(4), Some("perfum"), "Perfumes", Trust::Manual),
    row(ProductGroup::TIRES, Some(5), Some("tires"), "Tyres", Trust::Manual),
    row(ProductGroup::ELECTRONICS, Some(6), Some("photo"), "Cameras and flashes", Trust::Manual),
    row(ProductGroup::PHARMA, Some(7), Some("pharma"), "Medicines", Trust::Manual),
    row(ProductGroup::MILK, Some(8), Some("milk"), "Dairy", Trust::Manual),
    row(ProductGroup::BICYCLE, Some(9), Some("bicycle"), "Bicycles", Trust::Manual),
    row(ProductGroup::WHEELCHAIRS, Some(10), Some("wheelchairs"), "Medical devices", Trust::Manual),
    row(ProductGroup::OTP, Some(12), Some("otp"), "Alternative tobacco", Trust::Manual),
    row(ProductGroup::WATER, Some(13), Some("water"), "Bottled water", Trust::Manual),
    row(ProductGroup::FURS, Some(14), None, "Furs", Trust::Manual),
    row(ProductGroup::BEER, Some(15), Some("beer"), "Beer", Trust::Manual),
    row(ProductGroup::NCP, Some(16), Some("ncp"), "Nicotine products", Trust::Manual),
    row(ProductGroup::BIO, Some(17), Some("bio"), "Food supplements", Trust::Manual),
    row(ProductGroup::ANTISEPTIC, Some(19), Some("antiseptic"), "Antiseptics", Trust::Manual),
    row(ProductGroup::PETFOOD, Some(20), Some("petfood"), "Pet food", Trust::Manual),
    row(ProductGroup::SEAFOOD, Some(21), Some("seafood"), "Seafood", Trust::Manual),
    row(ProductGroup::NABEER, Some(22), Some("nabeer"), "Alcohol-free beer", Trust::Manual),
    row(
        ProductGroup::SOFTDRINKS,
        Some(23),
        Some("softdrinks"),
        "Soft drinks and juices",
        Trust::Manual,
    ),
    row(ProductGroup::MEAT, Some(25), Some("meat"), "Meat", Trust::Manual),
    row(ProductGroup::VETPHARMA, Some(26), None, "Veterinary medicines", Trust::Manual),
    row(ProductGroup::TOYS, Some(27), Some("toys"), "Toys", Trust::Manual),
    row(ProductGroup::RADIO, Some(28), None, "Radio electronics", Trust::Manual),
    row(ProductGroup::TITAN, Some(31), Some("titan"), "Titanium", Trust::Manual),
    row(ProductGroup::CONSERVE, Some(32), None, "Canned food", Trust::Manual),
    row(ProductGroup::VEGETABLEOIL, Some(33), Some("vegs"), "Vegetable oil", Trust::Manual),
    row(ProductGroup::OPTICFIBER, Some(34), None, "Optical fibre", Trust::Manual),
    row(
        ProductGroup::CHEMISTRY,
        Some(35),
        None,
        "Cosmetics and household chemicals",
        Trust::Manual,
    ),
    row(ProductGroup::BOOKS, Some(36), None, "Printed matter", Trust::Manual),
    row(ProductGroup::GROCERY, Some(37), None, "Groceries", Trust::Manual),
    row(ProductGroup::CONSTRUCTION, Some(39), None, "Building materials", Trust::Manual),
    row(ProductGroup::FIRE, Some(40), None, "Fire safety", Trust::Manual),
    row(ProductGroup::HEATER, Some(41), None, "Heaters", Trust::Manual),
    row(ProductGroup::CABLERAW, Some(42), None, "Cables", Trust::Manual),
    row(ProductGroup::AUTOFLUIDS, Some(43), None, "Motor oils", Trust::Manual),
    row(ProductGroup::POLYMER, Some(44), None, "Polymer pipes", Trust::Manual),
    row(ProductGroup::SWEETS, Some(45), None, "Sweets", Trust::Manual),
    row(ProductGroup::CARPARTS, Some(48), None, "Car parts", Trust::Manual),
    row(ProductGroup::NICOTINDEV, Some(50), None, "Nicotine devices", Trust::Manual),
    row(ProductGroup::GADGETS, Some(51), None, "Notebooks and phones", Trust::Manual),
    row(ProductGroup::VETBIO, Some(55), None, "Feed additives", Trust::Manual),
    row(ProductGroup::ALCOHOL, None, Some("alcohol"), "Alcohol", Trust::Neighbour),
    row(
        ProductGroup::APPLIANCES,
        None,
        Some("appliances"),
        "Household appliances",
        Trust::Neighbour,
    ),
    row(ProductGroup::HOMEWARE, None, None, "Homeware", Trust::Classifier),
    row(ProductGroup::INDUSTRIAL, None, None, "Industrial goods", Trust::Classifier),
    row(ProductGroup::FERTILIZERS, None, None, "Fertilisers", Trust::Classifier),
    row(ProductGroup::FROZEN, None, None, "Frozen food", Trust::Classifier),
    row(ProductGroup::FURSLP, None, None, "Fur clothing", Trust::Classifier),
    row(ProductGroup::PYROTECHNICS, None, None, "Pyrotechnics", Trust::Classifier),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_group_has_one_row_and_numbers_and_names_are_of_one_group() {
        for group in ProductGroup::ALL {
            assert_eq!(GROUPS.iter().filter(|facts| facts.group == group).count(), 1, "{group}");
            assert_eq!(ProductGroup::from_alias(group.alias()), Some(group));
        }
        assert_eq!(GROUPS.len(), ProductGroup::ALL.len() + 1);
        let distinct = |all: Vec<String>| all.iter().collect::<BTreeSet<_>>().len() == all.len();
        assert!(distinct(GROUPS.iter().filter_map(|f| f.id).map(|id| id.to_string()).collect()));
        assert!(distinct(GROUPS.iter().filter_map(|f| f.v2).map(str::to_owned).collect()));
        assert!(distinct(GROUPS.iter().map(|f| f.name.to_owned()).collect()));
    }

    #[test]
    fn groups_are_found_by_number_alias_and_extension() {
        assert_eq!(ProductGroup::from_id(8), Some(ProductGroup::MILK));
        assert_eq!(ProductGroup::from_id(11), None);
        assert_eq!(ProductGroup::from_v2("photo"), Some(ProductGroup::ELECTRONICS));
        assert_eq!(ProductGroup::from_v2("alcohol"), Some(ProductGroup::ALCOHOL));
        assert_eq!(ProductGroup::from_alias("furs"), None);
    }
}
