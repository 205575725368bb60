using Rxelon.Client.Profiles;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Results;

/// <summary>Opens the owner's copy of a task key: any device with the account file can read results.</summary>
public static class TaskKeyRecovery
{
    /// <summary>The task key; the caller zeroes it. Faults: erased, decrypt-failed.</summary>
    public static Outcome<byte[]> Open(TaskResponse task, AccountKeys owner)
    {
        if (task.Erased || task.OwnerKey.Length == 0)
            return new Fault(FaultCodes.Erased, $"{task.Summary.Task} was deleted: its keys are destroyed and its results with them.", Culprit.Input);
        return Open(task.Summary.Task, task.OwnerKey, owner);
    }

    /// <summary>The task key out of the owner's sealed copy; the caller zeroes it. Fault: decrypt-failed.</summary>
    public static Outcome<byte[]> Open(TaskId task, byte[] ownerKey, AccountKeys owner)
        => SealedKey.TryRead(ownerKey, out var sealedKey)
            ? KeyWrap.Unwrap(sealedKey, owner.Exchange, KeyWrapContext.TaskOwner(task))
            : new Fault(FaultCodes.DecryptFailed, "The owner's copy of the task key is damaged.", Culprit.Hub);
}
