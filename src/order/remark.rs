//! Why a product that came back gets a new code.
use serde::{Deserialize, Serialize};

/// Why a product gets a new code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RemarkCause {
    /// The code is damaged or lost.
    KmSpoiled,
    /// The goods were described wrongly.
    DescriptionErrors,
    /// Returned by a buyer to the shop.
    RetailReturn,
    /// Returned by a buyer from afar.
    RemoteSaleReturn,
    /// Returned by a company.
    LegalReturn,
    /// Returned within the company.
    InternalReturn,
    /// Returned from export to the customs union.
    EecExportReturn,
}

impl RemarkCause {
    /// The seven of the state system.
    pub const ALL: [Self; 7] = [
        Self::KmSpoiled,
        Self::RetailReturn,
        Self::RemoteSaleReturn,
        Self::LegalReturn,
        Self::InternalReturn,
        Self::EecExportReturn,
        Self::DescriptionErrors,
    ];

    /// The state system's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::KmSpoiled => "KM_SPOILED",
            Self::DescriptionErrors => "DESCRIPTION_ERRORS",
            Self::RetailReturn => "RETAIL_RETURN",
            Self::RemoteSaleReturn => "REMOTE_SALE_RETURN",
            Self::LegalReturn => "LEGAL_RETURN",
            Self::InternalReturn => "INTERNAL_RETURN",
            Self::EecExportReturn => "EEC_EXPORT_RETURN",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::KmSpoiled => "the code is damaged or lost",
            Self::DescriptionErrors => "the goods were described wrongly",
            Self::RetailReturn => "a buyer returned it to the shop",
            Self::RemoteSaleReturn => "a buyer returned it from afar",
            Self::LegalReturn => "a company returned it",
            Self::InternalReturn => "it came back within the company",
            Self::EecExportReturn => "it came back from export to the customs union",
        }
    }

    /// By the state system's word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.word() == word)
    }
}
