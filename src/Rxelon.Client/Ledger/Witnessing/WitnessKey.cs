using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger.Witnessing;

/// <summary>
/// A witness's signing key and name. On disk, mode 0600, as one line in the private form of Go's sumdb/note with the type of
/// cosignatures: <c>PRIVATE+KEY+name+8 hex digits of the id+base64(0x04 ‖ seed)</c>.
/// </summary>
public sealed class WitnessKey : IDisposable
{
    private const string Prefix = "PRIVATE+KEY+";
    private const int MaxFile = 4096;

    private readonly SigningKeyPair _pair;

    private WitnessKey(string name, SigningKeyPair pair)
    {
        _pair = pair;
        Public = NoteKey.Of(name, NoteKeyType.Cosignature, pair.PublicKey);
    }

    /// <summary>What others know the witness by; its text form is the vkey.</summary>
    public NoteKey Public { get; }

    /// <summary>Makes a key and its file. Faults: malformed for a name that is none, conflict when the file exists.</summary>
    public static Outcome<WitnessKey> Create(string path, string name)
    {
        if (name.Length == 0 || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+'))
            return new Fault(FaultCodes.Malformed, $"'{name}' cannot be a witness's name: no blanks, no plus signs.", Culprit.Input);
        if (File.Exists(path))
            return new Fault(FaultCodes.Conflict, $"{path} exists; a witness keeps its key for ever.", Culprit.Input);
        var key = new WitnessKey(name, SigningKeyPair.Generate());
        var seed = key._pair.ExportSeed();
        byte[] typed = [(byte)NoteKeyType.Cosignature, .. seed];
        var line = Encoding.UTF8.GetBytes($"{Prefix}{name}+{key.Public.Id:x8}+{Convert.ToBase64String(typed)}\n");
        DurableFile.Write(path, line, ownerOnly: true);
        CryptographicOperations.ZeroMemory(seed);
        CryptographicOperations.ZeroMemory(typed);
        CryptographicOperations.ZeroMemory(line);
        return key;
    }

    /// <summary>Reads the file. Faults: not-found; unauthorized when others may read it; malformed.</summary>
    public static Outcome<WitnessKey> Load(string path)
    {
        if (!File.Exists(path))
            return new Fault(FaultCodes.NotFound, $"There is no witness at {Path.GetDirectoryName(path)}; make one with: rxelon witness init", Culprit.Input);
        if (!OperatingSystem.IsWindows()
            && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
            return new Fault(FaultCodes.Unauthorized, $"{path} can be read by others; run: chmod 600 {path}", Culprit.Input);
        var line = DurableFile.Read(path, MaxFile) ?? [];
        var text = Encoding.UTF8.GetString(line).TrimEnd('\n');
        CryptographicOperations.ZeroMemory(line);
        var pieces = text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..].Split('+', 3) : [];
        var typed = new byte[1 + SigningKeyPair.SeedSize];
        if (pieces.Length != 3 || !Convert.TryFromBase64String(pieces[2], typed, out var length) || length != typed.Length
            || typed[0] != (byte)NoteKeyType.Cosignature)
            return Damaged(path);
        var key = new WitnessKey(pieces[0], SigningKeyPair.FromSeed(typed.AsSpan(1)));
        CryptographicOperations.ZeroMemory(typed);
        return pieces[1] == $"{key.Public.Id:x8}" ? key : Damaged(path);
    }

    /// <summary>This witness's line under a checkpoint.</summary>
    public NoteSignature Cosign(string checkpointText, DateTimeOffset at) => Cosignature.Sign(checkpointText, Public.Name, _pair, at);

    /// <inheritdoc/>
    public void Dispose() => _pair.Dispose();

    private static Fault Damaged(string path) => new(FaultCodes.Malformed, $"{path} is no witness's key.", Culprit.Input);
}
