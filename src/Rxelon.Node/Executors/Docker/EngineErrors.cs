using Docker.DotNet.Models;

namespace Rxelon.Node.Executors.Docker;

/// <summary>The engine answers 200 first and tells failures within the stream; this keeps the last one.</summary>
internal sealed class EngineErrors : IProgress<JSONMessage>
{
    internal string? Last { get; private set; }

    public void Report(JSONMessage value) => Last = value.Error?.Message ?? value.ErrorMessage ?? Last;
}
