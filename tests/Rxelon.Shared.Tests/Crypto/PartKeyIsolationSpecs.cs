using CsCheck;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Tests.Crypto;

/// <summary>
/// What a compromised part key opens, tried with real keys and real ciphertexts: the one thing it is for. Every key of a node's grant
/// is tried on everything else that a task has, with the context of that other thing, as a thief would.
/// </summary>
public sealed class PartKeyIsolationSpecs
{
    private const int Parts = 4;
    private const int Attempts = 3;
    private static readonly TaskId Task = TaskId.FromBytes([7, .. new byte[15]]);

    public static TheoryData<CipherSuite> Suites => Samples.Suites;

    [Theory]
    [MemberData(nameof(Suites))]
    public void Keys_of_one_attempt_open_its_own_four_ciphertexts_and_nothing_of_any_other(CipherSuite suite)
    {
        var things = Things(KeySchedule.NewTaskKey(), suite);
        for (var part = 0; part < Parts; part++)
        {
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                string[] own = [$"input/{part}", $"result/{part}/{attempt}", $"log/{part}/{attempt}", "program"];
                foreach (var mine in own)
                {
                    foreach (var thing in things)
                    {
                        var opened = PartCipher.Open(thing.Value.Ciphertext, things[mine].Key, thing.Value.Context);
                        Assert.True(opened.IsOk == (thing.Key == mine), $"The key of {mine} on {thing.Key}: {opened.Fault?.Message}");
                        if (!opened.IsOk)
                            Assert.Equal(FaultCodes.DecryptFailed, opened.Fault!.Code);
                    }
                }
            }
        }
    }

    [Fact]
    public void Nor_does_a_part_key_derive_another_when_it_is_taken_for_the_task_key()
    {
        var things = Things(KeySchedule.NewTaskKey(), CipherSuite.Aes256Gcm);
        var keys = things.Values.Select(t => Convert.ToHexString(t.Key)).ToHashSet();
        Assert.Equal(things.Count, keys.Count);
        foreach (var stolen in things.Values)
        {
            foreach (var derived in Things(stolen.Key, CipherSuite.Aes256Gcm).Values)
                Assert.DoesNotContain(Convert.ToHexString(derived.Key), keys);
        }
    }

    [Fact]
    public void Keys_of_two_tasks_have_nothing_in_common()
        => Gen.Byte.Array[KeySchedule.KeySize].Select(Gen.Byte.Array[KeySchedule.KeySize]).Where((a, b) => !a.AsSpan().SequenceEqual(b)).Sample((a, b) =>
        {
            var mine = Things(a, CipherSuite.Aes256Gcm).Values.Select(t => Convert.ToHexString(t.Key));
            return !mine.Intersect(Things(b, CipherSuite.Aes256Gcm).Values.Select(t => Convert.ToHexString(t.Key))).Any();
        }, iter: 50);

    private static Dictionary<string, Thing> Things(byte[] taskKey, CipherSuite suite)
    {
        var things = new Dictionary<string, Thing>
        {
            ["program"] = Sealed(KeySchedule.Shared(taskKey, "program"), PartContext.Shared(Task, "program"), suite),
        };
        for (var part = 0; part < Parts; part++)
        {
            things[$"input/{part}"] = Sealed(KeySchedule.Input(taskKey, part), PartContext.Input(Task, part), suite);
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                things[$"result/{part}/{attempt}"] = Sealed(KeySchedule.Result(taskKey, part, attempt), PartContext.Result(Task, part, attempt), suite);
                things[$"log/{part}/{attempt}"] = Sealed(KeySchedule.Log(taskKey, part, attempt), PartContext.Log(Task, part, attempt), suite);
            }
        }

        return things;
    }

    private static Thing Sealed(byte[] key, PartContext context, CipherSuite suite)
        => new(key, context, PartCipher.Seal("the same plaintext everywhere"u8, key, suite, context));

    private sealed record Thing(byte[] Key, PartContext Context, byte[] Ciphertext);
}
