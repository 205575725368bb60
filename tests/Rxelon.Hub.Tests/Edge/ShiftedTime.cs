namespace Rxelon.Hub.Tests.Edge;

/// <summary>The real clock, off by a constant.</summary>
internal sealed class ShiftedTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}
