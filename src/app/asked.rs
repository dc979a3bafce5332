//! Questions of the pages after codes, carried to True API.
use crate::upstream::{CodeInfo, TrueApi};
use crate::web::{CodeQuestion, CodeStanding};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Answers one question after the other until it is told to stop.
pub(super) async fn keep(
    client: TrueApi,
    mut questions: mpsc::Receiver<CodeQuestion>,
    stop: CancellationToken,
) {
    let answering = async {
        while let Some(CodeQuestion { group, code, mut answer }) = questions.recv().await {
            let codes = [code.as_str()];
            tokio::select! {
                said = client.codes(group, &codes) => {
                    let said = said.map_err(|error| error.whole()).and_then(first);
                    // The person may have left.
                    let _ = answer.send(said);
                }
                () = answer.closed() => {}
            }
        }
    };
    stop.run_until_cancelled(answering).await;
}

fn first(infos: Vec<CodeInfo>) -> Result<CodeStanding, String> {
    let info = infos.into_iter().next().ok_or("True API says nothing of this code")?;
    let means = info.means();
    let CodeInfo { status, special, owner, problem, .. } = info;
    Ok(CodeStanding { status, means, special, owner, problem })
}
