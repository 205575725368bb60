using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Rxelon.Shared.Crypto;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// A witness's signature over a checkpoint (C2SP tlog-cosignature v1.0.1, Ed25519): at that time this was the largest tree of the
/// log that the witness had seen, and it began with every smaller one. Payload: Unix seconds (8 bytes, big-endian) and the
/// signature over <c>cosignature/v1</c>, <c>time N</c> and the checkpoint's whole text.
/// </summary>
public static class Cosignature
{
    private const int PayloadSize = sizeof(ulong) + Signatures.SignatureSize;

    /// <summary>The line by which this witness vouches for the checkpoint.</summary>
    public static NoteSignature Sign(string checkpointText, string name, SigningKeyPair key, DateTimeOffset at)
    {
        var seconds = checked((ulong)at.ToUnixTimeSeconds());
        var payload = new byte[PayloadSize];
        BinaryPrimitives.WriteUInt64BigEndian(payload, seconds);
        key.Sign(Message(checkpointText, seconds)).CopyTo(payload, sizeof(ulong));
        return new NoteSignature(name, NoteKey.Of(name, NoteKeyType.Cosignature, key.PublicKey).Id, payload);
    }

    /// <summary>When this witness vouched for the note's checkpoint; null when it did not, or the line does not verify.</summary>
    public static DateTimeOffset? Verify(SignedNote note, NoteKey witness)
    {
        if (witness.Type != NoteKeyType.Cosignature)
            return null;
        foreach (var line in note.Signatures.Where(l => l.Name == witness.Name && l.KeyId == witness.Id && l.Bytes.Length == PayloadSize))
        {
            var seconds = BinaryPrimitives.ReadUInt64BigEndian(line.Bytes);
            if (seconds <= (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                && Signatures.Verify(witness.PublicKey, Message(note.Text, seconds), line.Bytes.AsSpan(sizeof(ulong))))
                return DateTimeOffset.FromUnixTimeSeconds((long)seconds);
        }

        return null;
    }

    private static byte[] Message(string checkpointText, ulong seconds)
        => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{checkpointText}"));
}
