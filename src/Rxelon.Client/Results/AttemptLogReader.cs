using System.Globalization;
using System.Text;
using Rxelon.Client.Hub;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Results;

/// <summary>
/// One attempt's log as it lies on the hub, decrypted chunk by chunk (docs/design/logs.md). Chunks that did not arrive are said in the text.
/// Not for concurrent use.
/// </summary>
public sealed class AttemptLogReader : IDisposable
{
    private readonly HubClient _hub;
    private readonly AttemptId _attempt;
    private readonly LogOpener _opener;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private bool _broken;

    /// <summary>Nothing is fetched yet.</summary>
    public AttemptLogReader(HubClient hub, AttemptId attempt, ReadOnlySpan<byte> taskKey)
    {
        _hub = hub;
        _attempt = attempt;
        _opener = new LogOpener(
            KeySchedule.Log(taskKey, attempt.Part, attempt.Number), PartContext.LiveLog(attempt.Task, attempt.Part, attempt.Number));
    }

    /// <summary>True when all was read: the attempt ended by itself. A lost node's log never says so.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The number of the chunk that comes next.</summary>
    public uint Next => _opener.Next;

    /// <summary>
    /// What came since the last call; waits so many seconds for something (25 at most) when there is nothing. A chunk that does not open is a
    /// <c>decrypt-failed</c> fault, and nothing is read behind it.
    /// </summary>
    public async Task<Outcome<string>> MoreAsync(int waitSeconds = 0, CancellationToken ct = default)
    {
        if (HasEnded || _broken)
            return "";
        var records = await _hub.AttemptLogAsync(_attempt.Task, _attempt.Part, _attempt.Number, _opener.Next, waitSeconds, ct).ConfigureAwait(false);
        if (records.Fault is { } fault)
            return fault;
        var text = new StringBuilder();
        foreach (var (number, start, end) in LogRecords.Read(records.Value))
        {
            var opened = _opener.Open(number, records.Value.AsSpan((start + LogRecords.Framing)..end));
            if (opened.Fault is { } wrong)
            {
                _broken = true;
                return text.Length > 0 ? text.Append(CultureInfo.InvariantCulture, $"\n… {wrong.Message}\n").ToString() : wrong with { Culprit = Culprit.Node };
            }

            var piece = opened.Value;
            if (piece.Missing > 0)
                text.Append(CultureInfo.InvariantCulture, $"\n… {piece.Missing} chunks are missing\n");
            var characters = new char[_decoder.GetCharCount(piece.Plain, piece.IsLast)];
            text.Append(characters, 0, _decoder.GetChars(piece.Plain, characters, piece.IsLast));
            HasEnded = piece.IsLast;
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _opener.Dispose();
}
