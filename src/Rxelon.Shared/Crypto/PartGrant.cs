using System.Security.Cryptography;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Crypto;

/// <summary>Which keys one attempt gets besides its result and log keys.</summary>
/// <param name="Source">The part of the submission whose input key it gets; null: none.</param>
/// <param name="Program">The name of its stage's program.</param>
/// <param name="Results">The attempts whose results it needs; the keys of exactly these.</param>
/// <param name="VerifyOf">The part whose verify key it gets: the one that it checks, or itself; null when the task is not verified.</param>
public sealed record GrantTerms(int? Source, string Program, IReadOnlyList<(int Part, int Attempt)> Results, int? VerifyOf)
{
    /// <summary>It may leave a checkpoint, and gets the key for that.</summary>
    public bool MayLeaveCheckpoint { get; init; }

    /// <summary>The attempt of the same part whose checkpoint it begins from; null: none.</summary>
    public int? BeginsFrom { get; init; }

    /// <summary>A part of the submission that needs no others and is not verified.</summary>
    public static GrantTerms Plain(int part) => new(part, StageTerms.NameOfProgram(""), [], null);
}

/// <summary>
/// What a node gets for one attempt (<see cref="GrantedKeys"/>), sealed page by page to its session key with task, part, attempt and node bound in.
/// The vault makes it under managed custody, the owner's client under sealed custody.
/// </summary>
public static class PartGrant
{
    /// <summary>The shared blob that carries module, arguments, environment and secrets.</summary>
    public const string ProgramBlob = "program";

    /// <summary>The sealed pages. The session key must be usable (<see cref="ExchangeKeyPair.IsUsablePublicKey"/>); otherwise this throws.</summary>
    public static IReadOnlyList<byte[]> Seal(ReadOnlySpan<byte> taskKey, AttemptId attempt, NodeId node, ReadOnlySpan<byte> sessionKey, GrantTerms terms)
    {
        byte[][] keys =
        [
            terms.Source is { } source ? KeySchedule.Input(taskKey, source) : new byte[KeySchedule.KeySize],
            KeySchedule.Result(taskKey, attempt.Part, attempt.Number),
            KeySchedule.Log(taskKey, attempt.Part, attempt.Number),
            KeySchedule.Shared(taskKey, terms.Program),
        ];
        var results = new byte[terms.Results.Count][];
        for (var i = 0; i < results.Length; i++)
            results[i] = KeySchedule.Result(taskKey, terms.Results[i].Part, terms.Results[i].Attempt);
        var verify = terms.VerifyOf is { } checkedPart ? KeySchedule.Verify(taskKey, checkedPart) : null;
        var checkpoint = terms.MayLeaveCheckpoint ? KeySchedule.Checkpoint(taskKey, attempt.Part, attempt.Number) : null;
        var former = terms.BeginsFrom is { } earlier ? KeySchedule.Checkpoint(taskKey, attempt.Part, earlier) : null;
        var pages = GrantedKeys.Write(keys[0], keys[1], keys[2], keys[3], results, verify, checkpoint, former);
        try
        {
            var wrapped = new byte[pages.Count][];
            for (var page = 0; page < wrapped.Length; page++)
            {
                var context = KeyWrapContext.PartGrant(attempt.Task, attempt.Part, attempt.Number, node, GrantedKeys.LabelOf(page));
                wrapped[page] = KeyWrap.Wrap(pages[page], sessionKey, context).ToBytes();
            }

            return wrapped;
        }
        finally
        {
            foreach (var secret in keys.Concat(results).Concat(pages))
                CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(verify);
            CryptographicOperations.ZeroMemory(checkpoint);
            CryptographicOperations.ZeroMemory(former);
        }
    }
}
