using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>
/// What opens an entry, beside its <c>.leaf</c> (docs/adr/0001-leaf-v1.md); bytes in base64.
/// </summary>
public sealed record EntryOpening(
    ulong Index, string Entity, byte[] TagKey, ulong SequenceNr, byte[] Salt, int Serializer, string Manifest, byte[] Payload);

/// <summary>
/// Writes a receipt as standard files for verifiers that are not ours: <c>checkpoint</c> (C2SP signed note), and for each entry, numbered
/// from 000 in the receipt's order, <c>NNN.tlog-proof</c> (C2SP tlog-proof), <c>NNN.leaf</c> (the entry's bytes) and
/// <c>NNN.opening.json</c>. Verifies nothing.
/// </summary>
public static class ReceiptUnpacker
{
    /// <summary>Writes into the directory, which is made; files of these names are replaced. Faults: not-yet, malformed.</summary>
    public static Fault? Unpack(Receipt receipt, string directory)
    {
        if (receipt.Status != Receipt.Final)
            return new Fault(FaultCodes.NotYet, "This receipt is pending and has no proofs to unpack yet.", Culprit.None, Retryable: true);
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(receipt.Checkpoint));
        if (note.Fault is { } noNote)
            return noNote;
        var proofs = receipt.Entries.Select(e => e.ToProof(note.Value)).ToList();
        if (proofs.Find(p => !p.IsOk) is { Fault: { } fault })
            return fault;
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, "checkpoint"), note.Value.ToBytes());
        for (var i = 0; i < proofs.Count; i++)
        {
            var entry = receipt.Entries[i];
            var name = Path.Combine(directory, i.ToString("D3", CultureInfo.InvariantCulture));
            File.WriteAllBytes(name + ".tlog-proof", Encoding.UTF8.GetBytes(proofs[i].Value.ToString()));
            File.WriteAllBytes(name + ".leaf", entry.Leaf);
            File.WriteAllBytes(name + ".opening.json", JsonSerializer.SerializeToUtf8Bytes(
                new EntryOpening(entry.Index, entry.Entity, entry.TagKey, entry.SequenceNr, entry.Salt, entry.Serializer, entry.Manifest, entry.Payload),
                OpeningJson.Default.EntryOpening));
        }

        return null;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(EntryOpening))]
internal sealed partial class OpeningJson : JsonSerializerContext;
