using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Integrity;

/// <summary>Answers nonces with what this node measures of itself, signed. Thread-safe.</summary>
internal sealed class IntegrityReporter(
    NodeId node, SigningKeyPair identity, Measurer measurer, OperationLog log, string stateDirectory, string version, TimeProvider time)
{
    private volatile LastMeasured? _last;

    /// <summary>Groups that the operator said were changed on purpose; sent until the hub lets this process in.</summary>
    internal IReadOnlyList<string> Announced { get; set; } = [];

    internal OperationLog Log => log;

    /// <summary>For a hello: files that have the same length and time as before are not read again.</summary>
    internal async Task<MeasureReport> ForHelloAsync(byte[] nonce, CancellationToken cancel)
        => Sign(nonce, await MeasureAsync(again: false, cancel).ConfigureAwait(false), [], log.Position(0));

    /// <summary>For a challenge: everything is read again.</summary>
    internal async Task<MeasureReport> ForChallengeAsync(Challenge challenge, CancellationToken cancel)
    {
        var groups = await MeasureAsync(again: true, cancel).ConfigureAwait(false);
        var images = challenge.Image.Length == 0
            ? (IReadOnlyList<ImageDigest>)[]
            : [await measurer.ImageAsync(challenge.Image, cancel).ConfigureAwait(false)];
        log.Add(OperationKind.Measured, challenge.Image, images.All(i => i.Content.Length > 0) ? "challenge" : "challenge; the image could not be read");
        return Sign(challenge.Nonce.ToByteArray(), groups, images, log.Position(challenge.LogCount));
    }

    /// <summary>The hub let the node in with what it said last.</summary>
    internal void Accepted(ulong logCount)
    {
        Announced = [];
        log.Accepted(logCount);
        _last?.Save(stateDirectory);
    }

    private async Task<IReadOnlyList<GroupDigest>> MeasureAsync(bool again, CancellationToken cancel)
    {
        var groups = await measurer.MeasureAsync(again, cancel).ConfigureAwait(false);
        _last = LastMeasured.Of(groups, version, measurer.Options);
        return groups;
    }

    private MeasureReport Sign(byte[] nonce, IReadOnlyList<GroupDigest> groups, IReadOnlyList<ImageDigest> images, LogPosition position)
    {
        var measures = new Measures(nonce, time.GetUtcNow().ToUnixTimeMilliseconds(), groups, Announced, images, position);
        return measures.ToWire(identity.Sign(IntegrityStatements.Measure(node, measures)));
    }
}
