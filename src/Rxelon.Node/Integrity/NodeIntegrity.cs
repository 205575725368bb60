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
    /// an alarm.
    /// </summary>
    internal static async Task<Outcome<IntegrityReporter>> OpenAsync(
        NodeOptions options, NodeMembership membership, Measurer measurer, OperationLog log, string version, TimeProvider time, CancellationToken cancel)
    {
        var now = LastMeasured.Of(await measurer.MeasureAsync(again: false, cancel).ConfigureAwait(false), version);
        var before = LastMeasured.Load(options.StateDirectory);
        var isChanged = before is not null && before.Configuration != now.Configuration;
        if (isChanged && !options.AnnounceChanges)
            return new Fault(
                FaultCodes.Conflict,
                "The options are not those of this node's last session. Start it once with --announce-changes, or as before: the hub isolates a node whose configuration changes unannounced.",
                Culprit.Node);
        log.Add(OperationKind.Started, version);
        if (isChanged)
            log.Add(OperationKind.ConfigurationChanged, now.Configuration);
        if (before is not null && before.Application != now.Application)
            log.Add(OperationKind.Upgraded, now.Application, $"{before.Version} to {version}");
        return new IntegrityReporter(membership.Info.Node, membership.Identity, measurer, log, options.StateDirectory, version, time)
        {
            Announced = options.AnnounceChanges ? [MeasureGroups.Configuration] : [],
        };
    }
}
