using Rxelon.Shared.Workloads;

namespace Rxelon.Domain.Verification;

/// <summary>The numbers behind checking (docs/design/verification.md).</summary>
public static class VerificationRules
{
    /// <summary>Answers of one part at most; then it is disputed.</summary>
    public const int MaxAnswers = VerifySpec.MaxOf;

    /// <summary>Adaptive: no node is checked more rarely than this, in millionths.</summary>
    public const int FloorMillionths = 20_000;

    /// <summary>How long results that differ wait for somebody to compare them; from the last of them.</summary>
    public static TimeSpan CompareLimit { get; } = TimeSpan.FromHours(24);

    /// <summary>How long the owner's client may be first to compare before another operator's node is paid for it.</summary>
    public static TimeSpan OwnerFirst { get; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a node has to reveal what it promised.</summary>
    public static TimeSpan RevealLimit { get; } = TimeSpan.FromSeconds(60);
}
