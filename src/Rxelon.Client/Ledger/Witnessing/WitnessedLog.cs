using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Ledger;

namespace Rxelon.Client.Ledger.Witnessing;

/// <summary>A log that a witness was told about, and where it last saw it. Changes happen under <see cref="Gate"/>.</summary>
public sealed class WitnessedLog
{
    internal WitnessedLog(string origin) => Origin = origin;

    /// <summary>The log's name.</summary>
    public string Origin { get; }

    /// <summary>Its keys; more than one during a rotation.</summary>
    public IReadOnlyList<NoteKey> Keys { get; internal set; } = [];

    /// <summary>The note that was cosigned last; null when there is none.</summary>
    public SignedNote? Note { get; internal set; }

    /// <summary>Its checkpoint.</summary>
    public Checkpoint? Last { get; internal set; }

    /// <summary>The log that was accepted as this one's successor; nothing is cosigned here since.</summary>
    public string? Successor { get; internal set; }

    /// <summary>Hex SHA-256 of the origin: names the log in paths.</summary>
    public string Id => IdOf(Origin);

    // The successor's first entry, hex: two successors of one name may still be two.
    internal string? SuccessorEntry { get; set; }

    internal Lock Gate { get; } = new();

    internal ulong Size => Last?.Size ?? 0;

    internal static string IdOf(string origin) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)));
}
