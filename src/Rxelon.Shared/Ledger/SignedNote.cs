using System.Buffers.Binary;
using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>One signature line: who signed, as it says, and the bytes behind the key id.</summary>
public sealed record NoteSignature(string Name, uint KeyId, byte[] Bytes)
{
    /// <summary>The line without its line feed.</summary>
    public override string ToString()
    {
        var payload = new byte[sizeof(uint) + Bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(payload, KeyId);
        Bytes.CopyTo(payload, sizeof(uint));
        return $"{SignedNote.Dash}{Name} {Convert.ToBase64String(payload)}";
    }
}

/// <summary>
/// A text and its signatures (C2SP signed-note v1.0.0). What is signed is the text with its last line feed, without the blank
/// line behind it. Reading checks form only; <see cref="Verify"/> and <see cref="Cosignature"/> check signatures.
/// </summary>
public sealed record SignedNote(string Text, IReadOnlyList<NoteSignature> Signatures)
{
    /// <summary>Notes longer than this are refused; a checkpoint with 100 cosignatures has a tenth of it.</summary>
    public const int MaxBytes = 128 * 1024;

    /// <summary>Signature lines at most.</summary>
    public const int MaxSignatures = 128;

    internal const string Dash = "— ";
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The bytes that are signed.</summary>
    public byte[] SignedBytes => Utf8.GetBytes(Text);

    /// <summary>Reads a note. Fault: malformed or too-large, never an exception.</summary>
    public static Outcome<SignedNote> Parse(ReadOnlySpan<byte> note)
    {
        if (note.Length > MaxBytes)
            return new Fault(FaultCodes.TooLarge, $"A note has at most {MaxBytes} bytes.", Culprit.Input);
        string text;
        try
        {
            text = Utf8.GetString(note);
        }
        catch (DecoderFallbackException)
        {
            return Malformed("A note is UTF-8.");
        }

        if (text.AsSpan().IndexOfAny(Controls) >= 0)
            return Malformed("A note has no control characters but line feeds.");
        var blank = text.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (blank < 0 || !text.EndsWith('\n') || blank + 2 == text.Length)
            return Malformed("A note is a text, a blank line, and at least one signature line.");
        var lines = text[(blank + 2)..^1].Split('\n');
        if (lines.Length > MaxSignatures)
            return new Fault(FaultCodes.TooLarge, $"A note has at most {MaxSignatures} signatures.", Culprit.Input);
        var signatures = new List<NoteSignature>(lines.Length);
        foreach (var line in lines)
        {
            if (ParseLine(line) is not { } signature)
                return Malformed("A signature line is an em dash, a name, and base64 of a key id and a signature.");
            signatures.Add(signature);
        }

        return new SignedNote(text[..(blank + 1)], signatures);
    }

    /// <summary>A note with this signer's signature. Throws <see cref="ArgumentException"/> when the text cannot be a note's.</summary>
    public static SignedNote Sign(string text, string name, SigningKeyPair key)
    {
        if (!text.EndsWith('\n') || text.AsSpan().IndexOfAny(Controls) >= 0)
            throw new ArgumentException("A note's text ends in a line feed and has no other control characters.", nameof(text));
        var signer = NoteKey.Of(name, NoteKeyType.Ed25519, key.PublicKey);
        return new SignedNote(text, [new NoteSignature(name, signer.Id, key.Sign(Utf8.GetBytes(text)))]);
    }

    /// <summary>The same text with one more signature; one by the same key is replaced.</summary>
    public SignedNote With(NoteSignature signature)
        => this with { Signatures = [.. Signatures.Where(s => s.Name != signature.Name || s.KeyId != signature.KeyId), signature] };

    /// <summary>
    /// The known Ed25519 keys (type 1) that signed. Lines of unknown keys are passed over. Fault bad-signature: a known key's line
    /// does not verify, or nobody known signed.
    /// </summary>
    public Outcome<IReadOnlyList<NoteKey>> Verify(IReadOnlyCollection<NoteKey> known)
    {
        var message = SignedBytes;
        var signers = new List<NoteKey>();
        foreach (var line in Signatures)
        {
            var key = known.FirstOrDefault(k => k.Type == NoteKeyType.Ed25519 && k.Name == line.Name && k.Id == line.KeyId);
            if (key is null)
                continue;
            if (!Crypto.Signatures.Verify(key.PublicKey, message, line.Bytes))
                return Bad($"The signature of {key.Name} does not verify.");
            if (!signers.Contains(key))
                signers.Add(key);
        }

        return signers.Count > 0 ? signers : Bad("Nobody known signed this note.");
    }

    /// <summary>The note as it is published.</summary>
    public override string ToString() => $"{Text}\n{string.Concat(Signatures.Select(s => $"{s}\n"))}";

    /// <summary>The UTF-8 of <see cref="ToString"/>.</summary>
    public byte[] ToBytes() => Utf8.GetBytes(ToString());

    private static readonly System.Buffers.SearchValues<char> Controls = System.Buffers.SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(c => c != '\n').Select(c => (char)c)]);

    private static NoteSignature? ParseLine(string line)
    {
        if (!line.StartsWith(Dash, StringComparison.Ordinal))
            return null;
        var pieces = line[Dash.Length..].Split(' ');
        if (pieces.Length != 2 || !NoteKey.IsName(pieces[0]) || StrictBase64.Decode(pieces[1]) is not { Length: > sizeof(uint) } payload)
            return null;
        return new NoteSignature(pieces[0], BinaryPrimitives.ReadUInt32BigEndian(payload), payload[sizeof(uint)..]);
    }

    private static Fault Malformed(string why) => new(FaultCodes.Malformed, why, Culprit.Input);

    private static Fault Bad(string why) => new(FaultCodes.BadSignature, why);
}
