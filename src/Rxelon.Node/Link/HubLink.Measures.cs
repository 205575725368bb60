using Akka.Actor;
using Rxelon.Shared.Wire;

namespace Rxelon.Node.Link;

/// <content>What a measuring client adds.</content>
internal sealed partial record LinkSettings
{
    /// <summary>Measures this node over a hello's nonce; null for a client that measures nothing.</summary>
    public Func<byte[], Task<MeasureReport>>? Measures { get; init; }
}

/// <content>The measures that ride in each hello (docs/design/integrity.md).</content>
internal sealed partial class HubLink
{
    private bool IsHelloReady => _hello is not null && (_settings.Measures is null || _hello.Measures is not null);

    private void MeasureAndSend(byte[] nonce)
    {
        if (_settings.Measures is not { } measure)
            SendHello();
        else
            measure(nonce).PipeTo(Self, success: report => new Measured(report), failure: e => new CannotMeasure(e));
    }

    private void OnMeasured(Measured measured)
    {
        if (_link is null || _up || _hello is null || !_hello.Nonce.Equals(measured.Report.Nonce))
            return;
        _hello.Measures = measured.Report;
        SendHello();
    }

    private sealed record Measured(MeasureReport Report);

    private sealed record CannotMeasure(Exception Error);
}
