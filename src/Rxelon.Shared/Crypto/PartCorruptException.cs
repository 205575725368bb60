using Rxelon.Shared.Values;

namespace Rxelon.Shared.Crypto;

/// <summary>A streamed ciphertext is not what its reader was told to expect; <see cref="Fault"/> says where.</summary>
public sealed class PartCorruptException(Fault fault) : Exception(fault.Message)
{
    /// <summary>The reason, with code <c>decrypt-failed</c>.</summary>
    public Fault Fault { get; } = fault;
}
