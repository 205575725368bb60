using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// The hub's side of C2SP tlog-witness: asks every witness of the policy to vouch for a checkpoint, and what it has seen of this log. One question to
/// one witness at a time; questions to different ones run side by side. Never throws for what a witness does.
/// </summary>
internal sealed class WitnessPanel : IDisposable
{
    private const int MostAnswer = SignedNote.MaxBytes;

    private readonly Witness[] _witnesses;
    private readonly LogDirectory _log;
    private readonly HttpClient _http;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;

    /// <summary>A panel of the policy's witnesses that have an address. <paramref name="patience"/>: for one answer.</summary>
    internal WitnessPanel(WitnessPolicy policy, LogDirectory log, HttpMessageHandler transport, TimeSpan patience, TimeProvider time)
    {
        Policy = policy;
        _witnesses = [.. policy.Witnesses.Where(w => w.Url is not null).Select(w => new Witness(w.Name, w.Key, w.Url!.TrimEnd('/')))];
        _log = log;
        _patience = patience;
        _time = time;
        _http = new HttpClient(transport) { MaxResponseContentBufferSize = MostAnswer, Timeout = Timeout.InfiniteTimeSpan };
    }

    internal WitnessPolicy Policy { get; }

    /// <summary>As last seen.</summary>
    internal IReadOnlyList<WitnessStatus> Status => [.. _witnesses.Select(w => new WitnessStatus(w.Name, w.Size, w.Trouble))];

    /// <summary>
    /// The note with the signatures of those who vouched in time. <see cref="PanelAnswer.Ahead"/>: somebody holds a checkpoint by our own key that our
    /// log does not begin with, or does not reach.
    /// </summary>
    internal async Task<PanelAnswer> CosignAsync(SignedNote note, IReadOnlyCollection<NoteKey> ownKeys, CancellationToken cancel)
    {
        var checkpoint = Checkpoint.Parse(note.Text).Value;
        var answers = await Task.WhenAll(_witnesses.Select(w => AskAsync(w, note, checkpoint, ownKeys, cancel))).ConfigureAwait(false);
        foreach (var signature in answers.SelectMany(a => a.Signatures))
            note = note.With(signature);
        return new PanelAnswer(note, answers.Select(a => a.Ahead).FirstOrDefault(a => a is not null));
    }

    /// <summary>
    /// What the witnesses have seen of this log, before anything new is signed: compared with the tree of <paramref name="size"/>. Fault not-yet: too
    /// few answered to make up the quorum.
    /// </summary>
    internal async Task<PanelLook> LookAsync(string origin, ulong size, IReadOnlyCollection<NoteKey> ownKeys, CancellationToken cancel)
    {
        var looks = await Task.WhenAll(_witnesses.Select(async w => (w.Name, Look: await LookAsync(w, origin, size, ownKeys, cancel).ConfigureAwait(false))))
            .ConfigureAwait(false);
        var ahead = looks.Select(l => l.Look.Ahead).FirstOrDefault(a => a is not null);
        return new PanelLook(ahead, Policy.IsQuorum(looks.Where(l => l.Look.Answered).Select(l => l.Name).ToHashSet(StringComparer.Ordinal)));
    }

    public void Dispose() => _http.Dispose();

    private async Task<(IReadOnlyList<NoteSignature> Signatures, Fault? Ahead)> AskAsync(
        Witness witness, SignedNote note, Checkpoint checkpoint, IReadOnlyCollection<NoteKey> ownKeys, CancellationToken cancel)
    {
        for (var tries = 0; tries < 2; tries++)
        {
            if (witness.Size > checkpoint.Size)
                witness.Size = 0;
            var (status, body) = await SendAsync(witness, HttpMethod.Post, "add-checkpoint", Request(witness.Size, note, checkpoint), cancel).ConfigureAwait(false);
            switch (status)
            {
                case HttpStatusCode.OK when Read(body, note, witness.Key) is { } signature:
                    witness.Size = checkpoint.Size;
                    witness.Trouble = null;
                    return ([signature], null);
                case HttpStatusCode.OK:
                    witness.Trouble = "its answer holds no signature by its key";
                    return ([], null);
                case HttpStatusCode.Conflict when ulong.TryParse(body.TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out var seen)
                    && seen != witness.Size && seen <= checkpoint.Size:
                    witness.Size = seen;
                    continue;
                case HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity:
                    witness.Trouble = $"it refuses the checkpoint ({(int)status})";
                    return ([], (await LookAsync(witness, checkpoint.Origin, checkpoint.Size, ownKeys, cancel).ConfigureAwait(false)).Ahead);
                case { } refused:
                    witness.Trouble = string.Create(CultureInfo.InvariantCulture, $"it answers {(int)refused}");
                    return ([], null);
                default:
                    return ([], null); // its trouble is noted
            }
        }

        witness.Trouble = "it changes its mind about what it has seen";
        return ([], null);
    }

    private byte[] Request(ulong old, SignedNote note, Checkpoint checkpoint)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"old {old}\n");
        if (old > 0)
        {
            foreach (var hash in _log.Proofs(checkpoint.Size).Consistency(old, checkpoint.Size))
                text.Append(hash).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.Append('\n').Append(note).ToString());
    }

    private async Task<WitnessLook> LookAsync(
        Witness witness, string origin, ulong size, IReadOnlyCollection<NoteKey> ownKeys, CancellationToken cancel)
    {
        var path = $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)))}/checkpoint";
        var (status, body) = await SendAsync(witness, HttpMethod.Get, path, null, cancel).ConfigureAwait(false);
        if (status is null)
            return default;
        if (status is not HttpStatusCode.OK)
            return new WitnessLook(true, null); // it has seen nothing, or has no read side: its answer to the first request will tell
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(body));
        if (note.IsOk && note.Value.Verify(ownKeys) is { IsOk: true } && Checkpoint.Parse(note.Value.Text) is { IsOk: true, Value: var seen } && seen.Origin == origin)
        {
            if (seen.Size <= size && _log.Proofs(size).Root(seen.Size) == seen.Root)
                return new WitnessLook(true, null);
            return new WitnessLook(true, new Fault(
                FaultCodes.LedgerAhead,
                seen.Size > size
                    ? $"The witness {witness.Name} has seen {seen.Size} entries of {origin}, this hub has {size}: its data is older than what it published (a restored backup?). Nothing is sealed or signed; see docs/runbooks/ledger.md."
                    : $"The witness {witness.Name} holds a checkpoint of {origin} at {seen.Size} entries with another root: this hub's log is not the one that was published. Nothing is sealed or signed; see docs/runbooks/ledger.md.",
                Culprit.Hub));
        }

        witness.Trouble = "what it shows of this log is not signed by this log's keys";
        return default;
    }

    private async Task<(HttpStatusCode? Status, string Body)> SendAsync(Witness witness, HttpMethod method, string path, byte[]? body, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            using var request = new HttpRequestMessage(method, $"{witness.Url}/{path}");
            if (body is not null)
                request.Content = new ByteArrayContent(body);
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            witness.Trouble = string.Create(CultureInfo.InvariantCulture, $"no answer within {_patience.TotalSeconds} s");
        }
        catch (HttpRequestException e)
        {
            witness.Trouble = $"it cannot be reached: {e.Message}";
        }

        return (null, "");
    }

    private static NoteSignature? Read(string body, SignedNote note, NoteKey key)
    {
        var answer = SignedNote.Parse(Encoding.UTF8.GetBytes($"{note.Text}\n{body}"));
        return answer.IsOk && Cosignature.Verify(answer.Value, key) is not null
            ? answer.Value.Signatures.First(s => s.Name == key.Name && s.KeyId == key.Id)
            : null;
    }

    /// <summary>A witness; its size and trouble are written by the one question under way.</summary>
    private sealed class Witness(string name, NoteKey key, string url)
    {
        private volatile string? _trouble = "not asked yet";

        internal string Name => name;

        internal NoteKey Key => key;

        internal string Url => url;

        internal ulong Size { get; set; }

        internal string? Trouble
        {
            get => _trouble;
            set => _trouble = value;
        }
    }

    private readonly record struct WitnessLook(bool Answered, Fault? Ahead);
}

/// <summary>The note with what was gathered, and proof that this log was rolled back or forked, if somebody has it.</summary>
internal sealed record PanelAnswer(SignedNote Note, Fault? Ahead);

/// <summary>Proof that this log was rolled back or forked, and whether enough witnesses answered.</summary>
internal sealed record PanelLook(Fault? Ahead, bool Enough);
