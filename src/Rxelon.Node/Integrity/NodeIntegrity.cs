using Rxelon.Node.Config;
using Rxelon.Node.Link;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Integrity;

/// <summary>Measures a node before it says hello, and compares with what the hub last let in.</summary>
internal static class NodeIntegrity
{
    /// <summary>
    /// A fault when the options are not those of the last time and nobody announced it: the operator's slip is found here rather than by
    /// an alarm. Says on <paramref name="output"/> what to do about a client that is not the last session's.
    /// </summary>
    internal static async Task<Outcome<IntegrityReporter>> OpenAsync(
        NodeOptions options, NodeMembership membership, Measurer measurer, OperationLog log, string version, TextWriter output, TimeProvider time,
        CancellationToken cancel)
    {
        var now = LastMeasured.Of(await measurer.MeasureAsync(again: false, cancel).ConfigureAwait(false), version, measurer.Options);
        var before = LastMeasured.Load(options.StateDirectory);
        var isChanged = before is not null && before.Configuration != now.Configuration;
        if (isChanged && !options.AnnounceChanges)
            return new Fault(FaultCodes.Conflict, OtherOptions(before!.Changed(now)), Culprit.Node);
        log.Add(OperationKind.Started, version);
        if (isChanged)
            log.Add(OperationKind.ConfigurationChanged, now.Configuration);
        if (before is not null && before.Application != now.Application)
        {
            log.Add(OperationKind.Upgraded, now.Application, $"{before.Version} to {version}");
            await output.WriteLineAsync(
                $"This client's files are not those of this node's last session. If the hub isolates the node for it, its admin allows them first: rxelon-pbm integrity allow -digest {now.Application}")
                .ConfigureAwait(false);
        }

        return new IntegrityReporter(membership.Info.Node, membership.Identity, measurer, log, options.StateDirectory, version, time)
        {
            Announced = options.AnnounceChanges ? [MeasureGroups.Configuration] : [],
        };
    }

    private static string OtherOptions(string names)
        => $"The options are not those of this node's last session{(names.Length == 0 ? "" : $" (changed: {names})")}. "
            + "If that is meant, start it once with the same options and --announce-changes; if not, start it with the options of before. "
            + "Nothing was changed and no alarm was raised; the hub would isolate a node whose options change unannounced.";
}
