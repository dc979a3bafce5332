//! The third step: produced goods leave, when a person says so.
use super::{Reporter, StepError};
use crate::code::{Code, CodeId};
use crate::store::{MarkShipment, StoreError};
use crate::upstream::OmsError;
use crate::upstream::electronic_mark::Shipment;
use tokio_util::sync::CancellationToken;

impl Reporter {
    /// Takes each open shipment a step further.
    pub(super) async fn ship(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        let open = self.store.open_shipments().await?;
        self.shipping.keep_only(&open.iter().map(|shipment| shipment.id).collect());
        for shipment in &open {
            if stop.is_cancelled() || !self.shipping.is_due(shipment.id) {
                continue;
            }
            match self.step_shipment(shipment).await {
                Ok(()) => {}
                Err(StepError::Store(error)) => return Err(error),
                Err(StepError::Oms(error)) => {
                    let words = error.to_string();
                    self.shipping.after(shipment.id, self.client.again_after(&error));
                    if shipment.problem.as_deref() != Some(&words) {
                        tracing::warn!(shipment = shipment.id, words, "not shipped yet");
                        self.store.shipment_is_troubled(shipment.id, &words).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn step_shipment(&mut self, shipment: &MarkShipment) -> Result<(), StepError> {
        let labels = self.store.shipped_codes(shipment.id).await?;
        if shipment.sends > 0 {
            if let Some(wait) = self.too_early(shipment.sent_at) {
                self.shipping.after(shipment.id, wait);
                return Ok(());
            }
            // The answer was lost. Codes that still stand as produced did not leave.
            let codes: Vec<Code> = (0..)
                .zip(&labels)
                .map(|(at, text)| Code { id: CodeId(at), text: text.clone() })
                .collect();
            let numbers = &self.client.dialect().numbers.manufactured;
            if self.standing(&codes, numbers).await?.reached.is_empty() {
                tracing::info!(shipment = shipment.id, "the shipment had arrived");
                return Ok(self.store.shipment_is_taken(shipment.id, None).await?);
            }
        }
        self.store.shipment_is_sent(shipment.id).await?;
        let wanted = &shipment.wanted;
        let body = Shipment {
            shipping_doc: wanted.waybill.clone(),
            nomer_tn: wanted.number.clone(),
            agent: wanted.agent,
            count: labels.len(),
            country: wanted.country.clone(),
            operation_date: wanted.day.clone(),
            labels,
            eas_products: serde_json::from_str(&wanted.papers).unwrap_or_default(),
        };
        match self.client.ship(&body).await {
            Ok(name) => {
                tracing::info!(shipment = shipment.id, name, codes = body.count, "shipped");
                Ok(self.store.shipment_is_taken(shipment.id, name.as_deref()).await?)
            }
            // Of a shipment that was sent before, a refusal does not prove that nothing was done.
            Err(error @ OmsError::Refused { .. }) if shipment.sends == 0 => {
                tracing::warn!(shipment = shipment.id, %error, "the shipment was refused");
                Ok(self.store.shipment_is_refused(shipment.id, &error.to_string()).await?)
            }
            Err(error) if error.nothing_happened() => {
                let words = error.to_string();
                self.store.shipment_is_unsent(shipment.id, &words).await?;
                self.shipping.after(shipment.id, self.client.again_after(&error));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
