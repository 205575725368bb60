using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Link.Certificates;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Sealing;

/// <summary>
/// The log's signing keys: the present one and, while a rotation's window is open, the one before. They rest in <c>ledger.key</c>: a
/// line of format, then a line a key, newest first: vkey, Unix milliseconds until which it signs (or <c>-</c>), and the seed sealed under the hub's
/// ledger key. Each key's name is the log's origin. Owned by the sealer; only <see cref="VerifierKeys"/> is for others.
/// </summary>
internal sealed class LogKeys : IDisposable
{
    internal const string FileName = "ledger.key";
    private const string Format = "rxelon ledger keys 1";

    private readonly string _file;
    private readonly byte[] _sealingKey;
    private volatile IReadOnlyList<LogKey> _keys;

    private LogKeys(string file, byte[] sealingKey, IReadOnlyList<LogKey> keys)
    {
        _file = file;
        _sealingKey = sealingKey;
        _keys = keys;
    }

    /// <summary>The log's name.</summary>
    internal string Origin => Current.Verifier.Name;

    /// <summary>The key that signs from now on.</summary>
    internal LogKey Current => _keys[0];

    /// <summary>The key before, while it still signs.</summary>
    internal LogKey? Previous => _keys.Count > 1 ? _keys[1] : null;

    /// <summary>What readers check signatures with; safe from any thread.</summary>
    internal IReadOnlyList<NoteKey> VerifierKeys => [.. _keys.Select(k => k.Verifier)];

    /// <summary>
    /// Reads the keys or makes the first one under the name that <paramref name="origin"/> gives (it is handed the public key). A file that
    /// does not open is an <see cref="InvalidDataException"/> that says what to do. <paramref name="sealingKey"/> belongs to this object from now on.
    /// </summary>
    internal static LogKeys Open(string directory, byte[] sealingKey, Func<byte[], string> origin)
    {
        var file = Path.Combine(directory, FileName);
        if (File.Exists(file))
            return new LogKeys(file, sealingKey, Read(file, sealingKey));
        var pair = SigningKeyPair.Generate();
        var keys = new LogKeys(file, sealingKey, [new LogKey(NoteKey.Of(origin(pair.PublicKey), NoteKeyType.Ed25519, pair.PublicKey), null, pair)]);
        keys.Save(keys._keys);
        return keys;
    }

    /// <summary>The text signed by every key that signs at that time.</summary>
    internal SignedNote Sign(string text, DateTimeOffset now)
    {
        var note = SignedNote.Sign(text, Origin, Current.Pair);
        return Previous is { Until: { } until, Pair: var pair } && now < until
            ? note.With(SignedNote.Sign(text, Origin, pair).Signatures[0])
            : note;
    }

    /// <summary>Makes a new key; the present one goes on signing beside it until then. It is durable when this returns.</summary>
    internal void Rotate(DateTimeOffset until)
    {
        if (Previous is not null)
            throw new InvalidOperationException("A rotation is under way.");
        var pair = SigningKeyPair.Generate();
        var fresh = new LogKey(NoteKey.Of(Origin, NoteKeyType.Ed25519, pair.PublicKey), null, pair);
        Save([fresh, Current with { Until = until }]);
    }

    /// <summary>Destroys the previous key when its time is over.</summary>
    internal void Expire(DateTimeOffset now)
    {
        if (Previous is not { } previous || now < previous.Until)
            return;
        Save([Current]);
        previous.Pair.Dispose();
    }

    public void Dispose()
    {
        foreach (var key in _keys)
            key.Pair.Dispose();
        CryptographicOperations.ZeroMemory(_sealingKey);
    }

    private static List<LogKey> Read(string file, byte[] sealingKey)
    {
        var lines = File.ReadAllText(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < 2 || lines[0] != Format)
            throw Damaged(file);
        var keys = new List<LogKey>();
        foreach (var line in lines[1..])
        {
            if (line.Split(' ') is not [var vkey, var until, var sealedSeed] || NoteKey.Parse(vkey) is not { IsOk: true, Value: var verifier })
                throw Damaged(file);
            var seed = SecretSeal.Open(sealingKey, Convert.FromBase64String(sealedSeed), Encoding.UTF8.GetBytes(vkey)) ?? throw new InvalidDataException(
                $"The master key does not open {file}. Give the hub the master key that it was made with; without it this log cannot be continued (docs/runbooks/ledger.md).");
            keys.Add(new LogKey(
                verifier, until == "-" ? null : DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(until, CultureInfo.InvariantCulture)),
                SigningKeyPair.FromSeed(seed)));
            CryptographicOperations.ZeroMemory(seed);
        }

        return keys;
    }

    private void Save(IReadOnlyList<LogKey> keys)
    {
        var text = new StringBuilder(Format).Append('\n');
        foreach (var key in keys)
        {
            var seed = key.Pair.ExportSeed();
            var vkey = key.Verifier.ToString();
            var sealedSeed = Convert.ToBase64String(SecretSeal.Seal(_sealingKey, seed, Encoding.UTF8.GetBytes(vkey)));
            CryptographicOperations.ZeroMemory(seed);
            text.Append(CultureInfo.InvariantCulture, $"{vkey} {key.Until?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) ?? "-"} {sealedSeed}\n");
        }

        PrivateFile.Write(_file, Encoding.ASCII.GetBytes(text.ToString()));
        _keys = keys;
    }

    private static InvalidDataException Damaged(string file)
        => new($"{file} is damaged; restore it from your copy, or begin a successor log (docs/runbooks/ledger.md).");
}

/// <summary>A signing key of the log; <see cref="Until"/>: when it stops signing, null for the present key.</summary>
internal sealed record LogKey(NoteKey Verifier, DateTimeOffset? Until, SigningKeyPair Pair);
