using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Workloads;

/// <summary>Reads the stages of a spec: names become numbers, cycles and unknown names become faults.</summary>
internal static class StageReader
{
    private const int MaxStages = 32;
    private const int MaxName = 32;
    private const int MaxRounds = 10_000;

    internal static Outcome<(IReadOnlyList<StageTerms> Stages, int? LastOfRound)> Read(TaskSpec spec, int submitted)
    {
        var further = spec.Stages ?? [];
        if (further.Count > MaxStages)
            return Wrong($"it has {further.Count} stages besides its own run; {MaxStages} is the most");
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal) { [StagePlan.Main] = 0 };
        foreach (var stage in further)
        {
            if (stage is not { Name: not null, Needs: not null })
                return Wrong("a stage has a name and a list of needs");
            if (!IsName(stage.Name))
                return Wrong($"a stage's name is lower-case letters, digits and dashes, at most {MaxName}");
            if (!numbers.TryAdd(stage.Name, numbers.Count))
                return Wrong($"there are two stages '{stage.Name}' ('{StagePlan.Main}' is the task's own run)");
        }

        foreach (var stage in further)
        {
            if (stage.Parts is < 1 or > StagePlan.MaxParts)
                return Wrong($"stage '{stage.Name}' has {stage.Parts} parts; 1 to {StagePlan.MaxParts} are possible");
            foreach (var need in stage.Needs)
            {
                if (!numbers.ContainsKey(need))
                    return Wrong($"stage '{stage.Name}' needs '{need}', and there is no such stage");
                if (need == stage.Name)
                    return Wrong($"stage '{stage.Name}' needs itself");
            }

            if (stage.Needs.Distinct(StringComparer.Ordinal).Count() != stage.Needs.Count)
                return Wrong($"stage '{stage.Name}' names a need twice");
        }

        int[][] needs = [[], .. further.Select(s => s.Needs.Select(n => numbers[n]).ToArray())];
        if (Cycle(needs) is { } inCycle)
            return Wrong($"stage '{further[inCycle - 1].Name}' needs itself by way of others");
        int[] parts = [submitted, .. further.Select(s => s.Parts)];
        var rounds = Group(spec.Rounds, numbers, needs, parts);
        if (rounds.Fault is { } fault)
            return fault;
        var (group, last) = rounds.Value;
        return (Terms(spec, further, needs, parts, group), last);
    }

    /// <summary>The spec's own stage and the further ones, with weights in proportion to what a part of each costs at most.</summary>
    private static StageTerms[] Terms(TaskSpec spec, IReadOnlyList<StageSpec> further, int[][] needs, int[] parts, HashSet<int> group)
    {
        var own = spec with { Stages = null, Rounds = null };
        TaskSpec[] specs =
        [
            own,
            .. further.Select(s => own with
            {
                Kind = s.Kind,
                Image = s.Image,
                Resources = s.Resources ?? own.Resources,
                Limits = s.Limits is { } l ? own.Limits with { TimeSeconds = l.TimeSeconds, OutputBytes = l.OutputBytes } : own.Limits,
            }),
        ];
        var weights = specs.Select(s => (long)Int128.Min(long.MaxValue, (Int128)Tariff.BilledMillis(s.Resources) * Math.Max(1, s.Limits.TimeSeconds))).ToArray();
        var common = weights.Aggregate(Gcd);
        var follows = Follows(needs, group);
        return [.. specs.Select((s, i) => new StageTerms(
            i, i == 0 ? StagePlan.Main : further[i - 1].Name, s, needs[i], parts[i],
            i > 0 && further[i - 1].Program is { } p ? new BlobRef(p.Id, p.Size) : null,
            weights[i] / common, group.Contains(i), follows.Contains(i)))];
    }

    private static Outcome<(HashSet<int> Group, int? Last)> Group(RoundsSpec? rounds, Dictionary<string, int> numbers, int[][] needs, int[] parts)
    {
        if (rounds is null)
            return ((HashSet<int>)[], (int?)null);
        if (rounds.Of is null || rounds.Of.Any(n => n is null))
            return Wrong("rounds.of is a list of stages");
        if (rounds.Max is < 1 or > MaxRounds)
            return Wrong($"rounds.max is {rounds.Max}; 1 to {MaxRounds} are possible");
        if (rounds.Until is { } file && !IsResultFile(file))
            return Wrong("rounds.until is a file of the result, such as out/stop");
        if (rounds.Of.FirstOrDefault(n => !numbers.ContainsKey(n)) is { } unknown)
            return Wrong($"rounds.of names '{unknown}', and there is no such stage");
        var group = rounds.Of.Select(n => numbers[n]).ToHashSet();
        var last = group.Where(s => !group.Any(t => needs[t].Contains(s))).ToList();
        if (last.Count != 1)
            return Wrong("exactly one stage of rounds.of must be needed by no other of them: its result is the next round's input");
        if (parts[last[0]] != 1)
            return Wrong($"the last stage of a round has one part, not {parts[last[0]]}: its result is the next round's input");
        var follows = Follows(needs, group);
        return group.Any(s => needs[s].Any(n => follows.Contains(n)))
            ? Wrong("a stage of rounds.of needs one that is not, which needs one of rounds.of: name that stage as well")
            : (group, (int?)last[0]);
    }

    // Not in the group, and directly or by way of others in need of it.
    private static HashSet<int> Follows(int[][] needs, HashSet<int> group)
    {
        var follows = new HashSet<int>();
        for (var changed = true; changed;)
        {
            changed = false;
            for (var s = 0; s < needs.Length; s++)
            {
                if (!group.Contains(s) && needs[s].Any(n => group.Contains(n) || follows.Contains(n)))
                    changed |= follows.Add(s);
            }
        }

        return follows;
    }

    // Takes away stages whose needs are taken away already; what stays is in a cycle or behind one.
    private static int? Cycle(int[][] needs)
    {
        var open = Enumerable.Range(0, needs.Length).ToHashSet();
        while (open.RemoveWhere(s => !needs[s].Any(open.Contains)) > 0)
        {
        }

        return open.Count == 0 ? null : open.First(s => needs[s].Any(open.Contains));
    }

    private static bool IsName(string name) => name.Length is > 0 and <= MaxName && name[0] != '-' && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');

    private static bool IsResultFile(string name)
        => name.StartsWith(PartArchive.OutPrefix, StringComparison.Ordinal) && name.Length <= 256
            && !name.Split('/').Any(p => p is "" or "." or "..") && !name.Any(char.IsControl);

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);

    private static Fault Wrong(string what) => new(FaultCodes.Malformed, $"The task's stages: {what}.", Culprit.Input);
}
