using System.Security.Cryptography;
using Rxelon.Shared.Ids;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// What a node gets for one attempt: input key ‖ result key ‖ log key ‖ program key (32 bytes each), sealed to its session key with task,
/// part, attempt and node bound in. The vault makes it under managed custody, the owner's client under sealed custody.
/// </summary>
public static class PartGrant
{
    /// <summary>The shared blob that carries module, arguments, environment and secrets.</summary>
    public const string ProgramBlob = "program";

    /// <summary>The sealed keys. The session key must be usable (<see cref="ExchangeKeyPair.IsUsablePublicKey"/>); otherwise this throws.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> taskKey, AttemptId attempt, NodeId node, ReadOnlySpan<byte> sessionKey)
    {
        byte[][] keys =
        [
            KeySchedule.Input(taskKey, attempt.Part),
            KeySchedule.Result(taskKey, attempt.Part, attempt.Number),
            KeySchedule.Log(taskKey, attempt.Part, attempt.Number),
            KeySchedule.Shared(taskKey, ProgramBlob),
        ];
        var together = new byte[keys.Length * KeySchedule.KeySize];
        try
        {
            for (var i = 0; i < keys.Length; i++)
                keys[i].CopyTo(together, i * KeySchedule.KeySize);
            return KeyWrap.Wrap(together, sessionKey, KeyWrapContext.PartGrant(attempt.Task, attempt.Part, attempt.Number, node)).ToBytes();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(together);
            foreach (var key in keys)
                CryptographicOperations.ZeroMemory(key);
        }
    }
}
