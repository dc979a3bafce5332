//! One connection to the broker: one message at a time, each until its PUBACK.
use super::PublishSettings;
use crate::store::Message;
use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};
use std::time::Duration;

/// How often an idle connection is tried. A broker that does not answer one is lost at the next.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Why the connection is no longer used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkLost {
    /// The connection failed.
    #[error("connection")]
    Connection(#[from] Box<ConnectionError>),
    /// It did not answer in time.
    #[error("no answer")]
    Silent,
    /// The message cannot be sent: the topic is none.
    #[error("'{topic}' cannot be a topic: look at the prefix in the configuration")]
    Topic {
        /// The topic.
        topic: String,
    },
}

/// A connection on which the broker has accepted us.
pub(super) struct Link {
    client: AsyncClient,
    events: EventLoop,
    answer_within: Duration,
}

impl Link {
    pub(super) async fn connect(settings: &PublishSettings) -> Result<Self, LinkLost> {
        let mut options = MqttOptions::new(&settings.client_id, &settings.host, settings.port);
        options.set_keep_alive(KEEP_ALIVE).set_inflight(1);
        if let Some(login) = &settings.login {
            options.set_credentials(&login.name, &login.password);
        }
        let (client, mut events) = AsyncClient::new(options, 1);
        let answer_within = settings.answer_within;
        next(&mut events, answer_within).await?;
        Ok(Self { client, events, answer_within })
    }

    /// Sends one message; returns when the broker has confirmed that it has it.
    pub(super) async fn publish(
        &mut self,
        prefix: &str,
        message: &Message,
    ) -> Result<(), LinkLost> {
        let topic = format!("{prefix}/{}", message.topic);
        self.client
            .try_publish(&topic, QoS::AtLeastOnce, message.retain, message.payload.as_bytes())
            .map_err(|_| LinkLost::Topic { topic })?;
        let confirmed = confirmed(&mut self.events);
        tokio::time::timeout(self.answer_within, confirmed).await.map_err(|_| LinkLost::Silent)?
    }

    /// Answers the broker while there is nothing to send; returns when the connection is lost.
    /// May be dropped at any time: nothing is queued, so nothing can be lost with it.
    pub(super) async fn idle(&mut self) -> LinkLost {
        loop {
            if let Err(lost) = self.events.poll().await {
                return Box::new(lost).into();
            }
        }
    }
}

async fn confirmed(events: &mut EventLoop) -> Result<(), LinkLost> {
    let mut number = None;
    loop {
        let event = events.poll().await.map_err(Box::new)?;
        if let Event::Outgoing(Outgoing::Publish(sent)) = event {
            number = Some(sent);
        } else if let Event::Incoming(Packet::PubAck(ack)) = event
            && number == Some(ack.pkid)
        {
            return Ok(());
        }
    }
}

async fn next(events: &mut EventLoop, within: Duration) -> Result<Event, LinkLost> {
    let event = tokio::time::timeout(within, events.poll()).await;
    Ok(event.map_err(|_| LinkLost::Silent)?.map_err(Box::new)?)
}
