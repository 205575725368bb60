using System.Globalization;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Ledger;

/// <summary>
/// A tree's size and root as its log says them (C2SP tlog-checkpoint v1.0.0). Extension lines are read and kept, never written:
/// nobody can audit them.
/// </summary>
public sealed record Checkpoint(string Origin, ulong Size, MerkleHash Root, IReadOnlyList<string> Extensions)
{
    public Checkpoint(string origin, ulong size, MerkleHash root)
        : this(origin, size, root, [])
    {
    }

    /// <summary>Reads a note's text. Fault: malformed, also for a size with leading zeros and for a root of an empty tree that is none.</summary>
    public static Outcome<Checkpoint> Parse(string text)
    {
        if (text.Length > SignedNote.MaxBytes)
            return Malformed("A checkpoint is not longer than a note.");
        if (!text.EndsWith('\n'))
            return Malformed("A checkpoint ends in a line feed.");
        var lines = text[..^1].Split('\n');
        if (lines.Length < 3 || lines.Any(l => l.Length == 0))
            return Malformed("A checkpoint is origin, size and root, each on a line, without blank lines.");
        if (!ulong.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || lines[1] != size.ToString(CultureInfo.InvariantCulture))
            return Malformed("A checkpoint's size is a decimal number without leading zeros.");
        if (!MerkleHash.TryParse(lines[2], out var root))
            return Malformed("A checkpoint's root is the base64 of 32 bytes.");
        if (size == 0 && root != MerkleHash.EmptyRoot)
            return Malformed("The root of a tree without leaves is SHA-256 of nothing.");
        return new Checkpoint(lines[0], size, root, lines[3..]);
    }

    /// <summary>The text to sign.</summary>
    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Root}\n{string.Concat(Extensions.Select(e => e + "\n"))}");

    /// <inheritdoc/>
    public bool Equals(Checkpoint? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Origin, Size, Root);

    private static Fault Malformed(string why) => new(FaultCodes.Malformed, why, Culprit.Input);
}
