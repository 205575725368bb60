using System.Diagnostics.Metrics;

namespace Rxelon.Hub.Entities;

/// <summary>Counters that any collector of .NET metrics can read from the meter <c>Rxelon.Hub</c>.</summary>
internal static class IntegrityMetrics
{
    private static readonly Meter Meter = new("Rxelon.Hub");

    /// <summary>Alarms that isolated a node, by code.</summary>
    internal static Counter<long> Alarms { get; } = Meter.CreateCounter<long>("rxelon.integrity.alarms");
}
