using Rxelon.Domain.Tasks;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Projections;

/// <summary>
/// What the index must know of single parts of a verified task: which are checks, which results wait for a verdict and what each costs,
/// since later events take some of them back. In bytes: part, flags (<see cref="Known"/>), cost in micro-tokens, each a 7-bit number.
/// </summary>
internal sealed class VerifiedParts
{
    private readonly Dictionary<int, (Known Known, Tokens Cost)> _parts = [];

    [Flags]
    private enum Known
    {
        None = 0,
        Check = 1,
        Reported = 2,
        Accepted = 4,
    }

    /// <summary>How many checks are accepted.</summary>
    internal int ChecksAccepted { get; private set; }

    internal static VerifiedParts? FromBytes(byte[]? bytes)
    {
        if (bytes is null)
            return null;
        var parts = new VerifiedParts();
        using var reader = new BinaryReader(new MemoryStream(bytes));
        while (reader.BaseStream.Position < bytes.Length)
            parts.Put(reader.Read7BitEncodedInt(), (Known)reader.Read7BitEncodedInt(), new Tokens(reader.Read7BitEncodedInt64()));
        return parts;
    }

    internal byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var (part, (known, cost)) in _parts)
        {
            writer.Write7BitEncodedInt(part);
            writer.Write7BitEncodedInt((int)known);
            writer.Write7BitEncodedInt64(cost.Micros);
        }

        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Takes note of the checks among these parts; how many there are.</summary>
    internal int Add(int first, IReadOnlyList<PartOrigin> origins)
    {
        var checks = 0;
        for (var i = 0; i < origins.Count; i++)
        {
            if (origins[i].CheckOf is null)
                continue;
            checks++;
            Put(first + i, Known.Check, Tokens.Zero);
        }

        return checks;
    }

    internal void Report(PartsReported e)
    {
        foreach (var p in e.Parts)
            Set(p.Result.Attempt.Part, Known.Reported, p.Result.Cost);
    }

    /// <summary>How many of them had been reported before and so are not under way any more.</summary>
    internal int Accept(PartsAccepted e)
    {
        var waited = e.Parts.Count(p => Is(p.Attempt.Part, Known.Reported));
        foreach (var p in e.Parts)
            Set(p.Attempt.Part, Known.Accepted, p.Cost);
        return waited;
    }

    /// <summary>How many of them were reported results and not attempts under way.</summary>
    internal int Fail(AttemptsFailed e)
    {
        var reported = e.Failures.Where(f => Is(f.Attempt.Part, Known.Reported)).ToList();
        foreach (var f in reported)
            Set(f.Attempt.Part, Known.None, Tokens.Zero);
        return reported.Count;
    }

    /// <summary>How many parts were closed by another's result.</summary>
    internal int Reject(PartsRejected e)
    {
        foreach (var p in e.Parts)
            Set(p.Attempt.Part, p.ClosedBy is null ? Known.None : Known.Accepted, Tokens.Zero);
        return e.Parts.Count(p => p.ClosedBy is not null);
    }

    /// <summary>These parts were closed by others' results.</summary>
    internal void Spare(PartsSpared e)
    {
        foreach (var p in e.Parts)
            Set(p.Part, Known.Accepted, Tokens.Zero);
    }

    /// <summary>How many accepted parts are open again, and what the task costs less.</summary>
    internal (int Parts, Tokens Cost) Distrust(OperatorDistrusted e)
    {
        var open = e.Withdrawn.Where(p => Is(p, Known.Accepted)).ToList();
        var cost = Tokens.Sum(open.Concat(e.Forfeited).Select(p => _parts.GetValueOrDefault(p).Cost));
        foreach (var p in e.Withdrawn)
            Set(p, Known.None, Tokens.Zero);
        foreach (var p in e.Forfeited)
            Set(p, Known.Accepted, Tokens.Zero);
        return (open.Count, cost);
    }

    private bool Is(int part, Known known) => _parts.GetValueOrDefault(part).Known.HasFlag(known);

    private void Set(int part, Known known, Tokens cost) => Put(part, (_parts.GetValueOrDefault(part).Known & Known.Check) | known, cost);

    private void Put(int part, Known known, Tokens cost)
    {
        if (_parts.GetValueOrDefault(part).Known.HasFlag(Known.Check | Known.Accepted))
            ChecksAccepted--;
        if (known.HasFlag(Known.Check | Known.Accepted))
            ChecksAccepted++;
        _parts[part] = (known, cost);
    }
}
