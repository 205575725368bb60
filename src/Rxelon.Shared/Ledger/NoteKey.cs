using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>What a note's signature is (C2SP signed-note v1.0.0, signature types).</summary>
public enum NoteKeyType : byte
{
    /// <summary>Ed25519 over the note's text.</summary>
    Ed25519 = 0x01,

    /// <summary>Ed25519 over a checkpoint and a time (tlog-cosignature v1.0.1).</summary>
    Cosignature = 0x04,
}

/// <summary>
/// A public key of a note's signer: name and key together name it. Text form (a "vkey"):
/// <c>name+8 hex digits of the id+base64(type ‖ key)</c>.
/// </summary>
public sealed record NoteKey
{
    private NoteKey(string name, NoteKeyType type, byte[] publicKey)
    {
        Name = name;
        Type = type;
        PublicKey = publicKey;
        Id = IdOf(name, type, publicKey);
    }

    /// <summary>Not empty, without blanks and plus signs.</summary>
    public string Name { get; }

    public NoteKeyType Type { get; }

    /// <summary>32 bytes of Ed25519.</summary>
    public byte[] PublicKey { get; }

    /// <summary>The first four bytes, big-endian, of SHA-256(name ‖ 0x0A ‖ type ‖ key).</summary>
    public uint Id { get; }

    /// <summary>Throws <see cref="ArgumentException"/> when the name or the key's length is none.</summary>
    public static NoteKey Of(string name, NoteKeyType type, byte[] publicKey)
        => IsName(name) && publicKey.Length == Signatures.PublicKeySize
            ? new NoteKey(name, type, publicKey)
            : throw new ArgumentException("A note's key has a name without blanks and plus signs, and 32 bytes.", nameof(name));

    /// <summary>Reads a vkey. Fault: malformed, also when the id is not that of name and key.</summary>
    public static Outcome<NoteKey> Parse(string vkey)
    {
        if (vkey.Length > SignedNote.MaxBytes)
            return Malformed("A key is not longer than a note.");
        // The base64 may contain plus signs of its own.
        var pieces = vkey.Split('+', 3);
        if (pieces.Length != 3 || !IsName(pieces[0]) || pieces[1].Length != 8 || pieces[1].AsSpan().ContainsAnyExcept("0123456789abcdef")
            || StrictBase64.Decode(pieces[2]) is not { Length: 1 + Signatures.PublicKeySize } key)
            return Malformed("A key is name+8 hex digits+base64 of its type and 32 bytes.");
        if (key[0] is not ((byte)NoteKeyType.Ed25519 or (byte)NoteKeyType.Cosignature))
            return Malformed($"Keys of type {key[0]} are not known here.");
        var parsed = new NoteKey(pieces[0], (NoteKeyType)key[0], key[1..]);
        return parsed.Id == uint.Parse(pieces[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            ? parsed
            : Malformed("The key's id is not that of its name and bytes.");
    }

    /// <summary>The vkey.</summary>
    public override string ToString() => $"{Name}+{Id:x8}+{Convert.ToBase64String([(byte)Type, .. PublicKey])}";

    /// <inheritdoc/>
    public bool Equals(NoteKey? other)
        => other is not null && Name == other.Name && Type == other.Type && PublicKey.AsSpan().SequenceEqual(other.PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Id);

    internal static bool IsName(string name)
        => name.Length > 0 && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+');

    private static uint IdOf(string name, NoteKeyType type, byte[] key)
        => BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', (byte)type, .. key]));

    private static Fault Malformed(string why) => new(FaultCodes.Malformed, why, Culprit.Input);
}
