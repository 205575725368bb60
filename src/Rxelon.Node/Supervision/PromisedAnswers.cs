using System.Security.Cryptography;
using Google.Protobuf;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Supervision;

/// <summary>
/// Nonce and answer of each report in a verified task, to be shown when the hub asks (docs/design/verification.md). In memory only: a
/// process that ends cannot show them any more, and its attempts count as failed. Kept for a day, the newest hundred thousand.
/// Thread-safe.
/// </summary>
internal sealed class PromisedAnswers(TimeProvider time)
{
    private const int Most = 100_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private readonly Dictionary<AttemptId, (byte[] Nonce, Answer Answer)> _answers = [];
    private readonly Queue<(AttemptId Id, DateTimeOffset At)> _order = [];
    private readonly Lock _lock = new();

    /// <summary>Makes the commitment that goes into the report, once per attempt.</summary>
    internal byte[] Promise(AttemptId id, Answer answer)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            while (_order.TryPeek(out var oldest) && (_order.Count >= Most || oldest.At + Lifetime < now))
                _answers.Remove(_order.Dequeue().Id);
            if (!_answers.TryGetValue(id, out var kept))
            {
                _answers[id] = kept = (RandomNumberGenerator.GetBytes(AnswerCommitment.NonceSize), answer);
                _order.Enqueue((id, now));
            }

            return AnswerCommitment.Of(id, kept.Nonce, kept.Answer);
        }
    }

    /// <summary>The answers asked for, as far as they are known here; null when none is.</summary>
    internal ToHub? Reveal(RevealRequest request)
    {
        var shown = new Reveals();
        lock (_lock)
        {
            foreach (var key in request.Attempts)
            {
                if (_answers.TryGetValue(key.ToId(), out var kept))
                {
                    shown.Reveals_.Add(new Reveals.Types.Reveal
                    {
                        Attempt = key,
                        Nonce = ByteString.CopyFrom(kept.Nonce),
                        Answer = ByteString.CopyFrom(kept.Answer.ToBytes()),
                    });
                }
            }
        }

        return shown.Reveals_.Count > 0 ? new ToHub { Reveals = shown } : null;
    }
}
