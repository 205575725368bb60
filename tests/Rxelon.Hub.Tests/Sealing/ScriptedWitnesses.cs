using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Tests.Sealing;

/// <summary>Witnesses behind one transport, each at http://NAME.test: they keep the protocol, or break it as told.</summary>
internal sealed class ScriptedWitnesses : HttpMessageHandler
{
    private readonly Dictionary<string, State> _witnesses = new(StringComparer.Ordinal);

    /// <summary>What a witness does instead of keeping the protocol; the cancellation is the asker's patience.</summary>
    internal Dictionary<string, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>> Instead { get; } = new(StringComparer.Ordinal);

    internal DateTimeOffset Now { get; set; } = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Adds a witness and returns its line of a policy.</summary>
    internal string Add(string name)
    {
        var key = SigningKeyPair.Generate();
        _witnesses.Add(name, new State(key));
        return $"witness {name} {NoteKey.Of($"{name}.test", NoteKeyType.Cosignature, key.PublicKey)} http://{name}.test/\n";
    }

    internal ulong SizeAt(string name) => _witnesses[name].Last is { } last ? Checkpoint.Parse(last.Text).Value.Size : 0;

    /// <summary>Puts a witness back to what it had seen, or to what it would have seen.</summary>
    internal void Remember(string name, SignedNote? note) => _witnesses[name].Last = note;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var name = request.RequestUri!.Host.Split('.')[0];
        if (Instead.TryGetValue(name, out var instead))
            return await instead(request, cancellationToken);
        var witness = _witnesses[name];
        if (request.Method == HttpMethod.Get)
        {
            return witness.Last is { } seen && request.RequestUri.AbsolutePath == $"/{Hash(seen)}/checkpoint"
                ? Answer(HttpStatusCode.OK, seen.ToString()) : Answer(HttpStatusCode.NotFound, "");
        }

        var text = await request.Content!.ReadAsStringAsync(cancellationToken);
        var blank = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = text[..blank].Split('\n');
        var old = ulong.Parse(lines[0]["old ".Length..], CultureInfo.InvariantCulture);
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(text[(blank + 2)..])).Value;
        var checkpoint = Checkpoint.Parse(note.Text).Value;
        if (old != SizeAt(name))
            return Answer(HttpStatusCode.Conflict, string.Create(CultureInfo.InvariantCulture, $"{SizeAt(name)}\n"));
        var proof = lines[1..].Select(l => MerkleHash.TryParse(l, out var hash) ? hash : throw new FormatException(l)).ToList();
        if (old > 0 && !MerkleProofs.Extends(old, Checkpoint.Parse(witness.Last!.Text).Value.Root, checkpoint.Size, checkpoint.Root, proof))
            return Answer(HttpStatusCode.UnprocessableEntity, "");
        witness.Last = note;
        return Answer(HttpStatusCode.OK, Cosignature.Sign(note.Text, $"{name}.test", witness.Key, Now) + "\n");
    }

    internal static HttpResponseMessage Answer(HttpStatusCode status, string body) => new(status) { Content = new StringContent(body) };

    private static string Hash(SignedNote note)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Checkpoint.Parse(note.Text).Value.Origin)));

    private sealed class State(SigningKeyPair key)
    {
        internal SigningKeyPair Key => key;

        internal SignedNote? Last { get; set; }
    }
}
