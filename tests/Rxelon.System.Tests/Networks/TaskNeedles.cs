using System.Security.Cryptography;
using Rxelon.Client.Profiles;
using Rxelon.Client.Results;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;

namespace Rxelon.System.Tests.Networks;

/// <summary>What to look for where a task's keys must not be, and what its hub does have, so that the search can fail.</summary>
/// <param name="Keys">K and everything that follows from it.</param>
/// <param name="Known">K as sealed to its owner, which the hub keeps.</param>
internal sealed record TaskNeedles(Needles Keys, Needles Known)
{
    /// <summary>Those of so many parts, each with so many attempts.</summary>
    internal static TaskNeedles Of(TaskResponse task, AccountKeys owner, int parts, int attempts)
    {
        var taskKey = TaskKeyRecovery.Open(task, owner).Value;
        var keys = new Needles();
        keys.Add("K", taskKey);
        keys.Add("program key", KeySchedule.Shared(taskKey, PartGrant.ProgramBlob));
        for (var part = 0; part < parts; part++)
        {
            keys.Add($"input key {part}", KeySchedule.Input(taskKey, part));
            keys.Add($"verify key {part}", KeySchedule.Verify(taskKey, part));
            for (var attempt = 1; attempt <= attempts; attempt++)
            {
                keys.Add($"result key {part}/{attempt}", KeySchedule.Result(taskKey, part, attempt));
                keys.Add($"log key {part}/{attempt}", KeySchedule.Log(taskKey, part, attempt));
                keys.Add($"checkpoint key {part}/{attempt}", KeySchedule.Checkpoint(taskKey, part, attempt));
            }
        }

        CryptographicOperations.ZeroMemory(taskKey);
        Assert.True(SealedKey.TryRead(task.OwnerKey, out var sealedKey));
        var known = new Needles();
        known.Add("sealed K", sealedKey.Ciphertext);
        return new TaskNeedles(keys, known);
    }

    /// <summary>Looks through the hub's files, memory and output: no key is there, and what it must have is.</summary>
    internal void AssertHubHasNone(TestNetwork network)
    {
        Assert.Empty(Keys.InMemory(network.Hub.Id, out var looked));
        Assert.Empty(Keys.InFiles(network.HubData));
        Assert.Empty(Keys.In(global::System.Text.Encoding.UTF8.GetBytes(network.Hub.Output)));
        Assert.True(looked > 10 << 20, $"Only {looked} bytes of the hub's memory were readable.");
        Assert.NotEmpty(Known.InFiles(network.HubData));
    }
}
