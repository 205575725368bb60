using Rxelon.Shared.Values;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// Whose fault a node's failure report is, by the published table (docs/design/failure-modes.md). A node names a code; culprit and
/// retry follow from the code, whatever the node claims.
/// </summary>
internal static class FaultRules
{
    private const int MaxMessage = 2_000;

    internal static Fault Classify(string code, string message)
    {
        var text = message.Length > MaxMessage ? message[..MaxMessage] : message;
        return code switch
        {
            FaultCodes.ProgramFailed or FaultCodes.ProgramTrapped or FaultCodes.TimeLimit or FaultCodes.MemoryLimit
                or FaultCodes.OutputLimit or FaultCodes.ProcessLimit => new Fault(code, text, Culprit.Program, Retryable: true),
            FaultCodes.BadProgram => new Fault(code, text, Culprit.Program),
            FaultCodes.Malformed or FaultCodes.TooLarge => new Fault(code, text, Culprit.Input),
            FaultCodes.HashMismatch or FaultCodes.DecryptFailed or FaultCodes.ImageMissing or FaultCodes.ExecutorMissing
                or FaultCodes.ExecutorFailed or FaultCodes.NodeBusy or FaultCodes.NodeRestarted or FaultCodes.Stopped
                => new Fault(code, text, Culprit.Node, Retryable: true),
            FaultCodes.HandedOver => new Fault(code, text, Culprit.None, Retryable: true),
            FaultCodes.BlobMissing or FaultCodes.StorageFull or FaultCodes.Unavailable or FaultCodes.BlobStoreUnavailable => new Fault(code, text, Culprit.Hub, Retryable: true),
            _ => new Fault(FaultCodes.ExecutorFailed, $"The node reported an unknown fault: {text}", Culprit.Node, Retryable: true),
        };
    }
}
