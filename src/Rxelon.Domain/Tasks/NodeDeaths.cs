using Rxelon.Domain.Kernel;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tasks;

/// <summary>A node that was lost while it ran an attempt of a part.</summary>
public readonly record struct NodeDeath(NodeId Node, int Attempt);

/// <summary>
/// When nodes that are lost speak against the program they ran (docs/design/failure-modes.md): the same part, on
/// <see cref="TaskRules.MaxNodeDeaths"/> different nodes, each of which fell silent within <see cref="TaskRules.DeathWindow"/> of getting
/// the keys and did not come back with the attempt.
/// </summary>
internal static class NodeDeaths
{
    /// <summary>True when the loss of its node, which the hub watched, came while this attempt ran and soon after it began.</summary>
    internal static bool Counts(TaskState state, PartAttempt attempt, DateTimeOffset now)
    {
        var part = state.Parts[attempt.Part];
        if (part.Running is not { SessionKey: not null, Wait: null } running)
            return false;
        return now - (running.Due - TaskRules.Allowed(state, attempt.Part)) <= TaskRules.DeathWindow;
    }

    /// <summary>The named attempts that were taken for this node's death: it lives, and still had them.</summary>
    internal static IReadOnlyList<PartAttempt> Survived(TaskState state, NodeId node, IReadOnlyList<PartAttempt> named)
        => [.. named.Where(a => state.IsAlive && a.Part >= 0 && a.Part < state.Parts.Count
            && state.Parts[a.Part].Trouble?.Deaths.Contains(new NodeDeath(node, a.Number)) == true).Distinct()];

    /// <summary>Why the task ends, or null: not so many nodes yet.</summary>
    internal static Fault? Verdict(int part, PartTrouble trouble)
    {
        var nodes = Nodes(trouble);
        return nodes.Count < TaskRules.MaxNodeDeaths ? null : new Fault(
            FaultCodes.KillsNodes,
            $"{nodes.Count} nodes ({string.Join(", ", nodes)}) were lost, each within minutes of starting part {part}: the program brings machines down. Try it with its input on a machine of your own; the task is not tried again.",
            Culprit.Program);
    }

    /// <summary>What the matchmaker held against nodes that the program brought down is forgiven.</summary>
    internal static void Pardon(TaskState state, IReadOnlyList<Failed> failures, TaskOutput output)
    {
        foreach (var f in failures.Where(f => f.NodeDied))
        {
            var trouble = PartTrouble.After(state.Parts[f.Attempt.Part].Trouble, f);
            if (Verdict(f.Attempt.Part, trouble) is null)
                continue;
            foreach (var node in Nodes(trouble))
                output.Then(new FreeRoom(node, 0, [], null));
        }
    }

    internal static void Forget(PersistentVector<PartState>.Editor parts, AttemptsResumed e)
    {
        foreach (var a in e.Survived)
        {
            if (parts[a.Part] is { Trouble: { } trouble } part)
                parts[a.Part] = part with { Trouble = trouble with { Deaths = trouble.Deaths.Remove(new NodeDeath(e.Node, a.Number)) } };
        }
    }

    private static List<NodeId> Nodes(PartTrouble trouble) => [.. trouble.Deaths.Select(d => d.Node).Distinct()];
}
