using Rxelon.Shared.Values;

namespace Rxelon.Client.Splitting;

/// <summary>Input, or output of parts, that is not what it was said to be; the fault says where and what to do.</summary>
internal sealed class InputException(Fault fault) : IOException(fault.Message)
{
    internal Fault Fault { get; } = fault;
}
