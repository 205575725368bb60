using System.Security.Cryptography;
using Rxelon.Hub.Tests.Config;
using Rxelon.Hub.Vault;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Vault;

public sealed class FileVaultSpecs : IDisposable
{
    private static readonly TaskId Task = TaskId.FromBytes([1, .. new byte[15]]);
    private static readonly NodeId Node = NodeId.OfIdentityKey(new byte[32]);
    private readonly DataFolder _folder = new();
    private readonly byte[] _taskKey = KeySchedule.NewTaskKey();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_task_key_opens_after_a_restart_for_its_own_task_only()
    {
        byte[] wrapped;
        using (var vault = FileVault.Open(_folder.Path, null))
            wrapped = Seal(vault);
        using var again = FileVault.Open(_folder.Path, null);
        Assert.True(again.Check(Task, wrapped).Value);
        Assert.Equal(FaultCodes.DecryptFailed, again.Check(TaskId.FromBytes([2, .. new byte[15]]), wrapped).Fault?.Code);
        Assert.Equal(FaultCodes.Malformed, again.Check(Task, wrapped.AsMemory(1)).Fault?.Code);
        Assert.Equal(FaultCodes.Malformed, again.Check(Task, KeyWrap.Wrap(new byte[31], again.PublicKey, KeyWrapContext.TaskVault(Task)).ToBytes()).Fault?.Code);
    }

    [Fact]
    public void A_grant_holds_the_attempts_four_keys_for_that_node_only()
    {
        using var vault = FileVault.Open(_folder.Path, null);
        using var session = ExchangeKeyPair.Generate();
        AttemptId[] attempts = [new(Task, 3, 1), new(Task, 4, 2)];
        var grants = vault.SealGrants(Seal(vault), Node, session.PublicKey, [.. attempts.Select(GrantOrder.Plain)]).Value;
        Assert.Equal(2, grants.Count);
        Assert.True(SealedKey.TryRead(Assert.Single(grants[1]), out var sealedGrant));
        var keys = KeyWrap.Unwrap(sealedGrant, session, KeyWrapContext.PartGrant(Task, 4, 2, Node)).Value;
        byte[] expected = [
            .. KeySchedule.Input(_taskKey, 4), .. KeySchedule.Result(_taskKey, 4, 2), .. KeySchedule.Log(_taskKey, 4, 2),
            .. KeySchedule.Shared(_taskKey, "program")];
        Assert.Equal(expected, keys);
        Assert.False(KeyWrap.Unwrap(sealedGrant, session, KeyWrapContext.PartGrant(Task, 4, 1, Node)).IsOk);
        Assert.False(KeyWrap.Unwrap(sealedGrant, session, KeyWrapContext.PartGrant(Task, 4, 2, NodeId.OfIdentityKey(new byte[31]))).IsOk);
    }

    [Fact]
    public void A_grant_of_a_part_that_needs_others_holds_exactly_their_result_keys_in_pages()
    {
        using var vault = FileVault.Open(_folder.Path, null);
        using var session = ExchangeKeyPair.Generate();
        var needs = Enumerable.Range(0, 2_345).Select(p => new NeededResult(p, 1 + (p % 3), default)).ToList();
        var order = new GrantOrder(new AttemptId(Task, 5_000, 2), null, "program/reduce", needs);
        var pages = vault.SealGrants(Seal(vault), Node, session.PublicKey, [order]).Value[0];
        Assert.Equal(3, pages.Count);
        Assert.All(pages, p => Assert.InRange(p.Length, 1, 34_000));
        var opened = pages.Select((p, i) =>
        {
            Assert.True(SealedKey.TryRead(p, out var sealedPage));
            return KeyWrap.Unwrap(sealedPage, session, KeyWrapContext.PartGrant(Task, 5_000, 2, Node, GrantedKeys.LabelOf(i))).Value;
        }).ToList();
        using var keys = GrantedKeys.Read(opened, needs.Count).Value;
        Assert.Equal(new byte[32], keys.Input.ToArray());
        Assert.Equal(KeySchedule.Result(_taskKey, 5_000, 2), keys.Result.ToArray());
        Assert.Equal(KeySchedule.Shared(_taskKey, "program/reduce"), keys.Program.ToArray());
        Assert.Equal(needs.Select(n => KeySchedule.Result(_taskKey, n.Part, n.Attempt)), keys.Results);
        Assert.All(opened, page => Assert.All(page, b => Assert.Equal(0, b)));
    }

    [Fact]
    public void A_check_gets_the_verify_key_of_the_part_that_it_checks()
    {
        using var vault = FileVault.Open(_folder.Path, null);
        using var session = ExchangeKeyPair.Generate();
        var order = new GrantOrder(new AttemptId(Task, 9, 1), 4, "program", [], VerifyOf: 4);
        var page = Assert.Single(vault.SealGrants(Seal(vault), Node, session.PublicKey, [order]).Value[0]);
        Assert.True(SealedKey.TryRead(page, out var sealedPage));
        using var keys = GrantedKeys.Read([KeyWrap.Unwrap(sealedPage, session, KeyWrapContext.PartGrant(Task, 9, 1, Node)).Value], 0).Value;
        Assert.Equal(KeySchedule.Verify(_taskKey, 4), keys.Verify);
        Assert.Equal(KeySchedule.Input(_taskKey, 4), keys.Input.ToArray());
        Assert.Equal(KeySchedule.Result(_taskKey, 9, 1), keys.Result.ToArray());
    }

    [Fact]
    public void An_attempt_that_is_continued_gets_the_key_of_exactly_the_checkpoint_that_it_begins_from()
    {
        using var vault = FileVault.Open(_folder.Path, null);
        using var session = ExchangeKeyPair.Generate();
        var order = GrantOrder.Plain(new AttemptId(Task, 4, 3)) with { MayLeaveCheckpoint = true, BeginsFrom = 2 };
        var page = Assert.Single(vault.SealGrants(Seal(vault), Node, session.PublicKey, [order]).Value[0]);
        Assert.True(SealedKey.TryRead(page, out var sealedPage));
        using var keys = GrantedKeys.Read([KeyWrap.Unwrap(sealedPage, session, KeyWrapContext.PartGrant(Task, 4, 3, Node)).Value], 0).Value;
        Assert.Equal(KeySchedule.Checkpoint(_taskKey, 4, 3), keys.Checkpoint);
        Assert.Equal(KeySchedule.Checkpoint(_taskKey, 4, 2), keys.Former);
        Assert.Null(keys.Verify);
        Assert.Equal(KeySchedule.Result(_taskKey, 4, 3), keys.Result.ToArray());
    }

    [Fact]
    public void An_unusable_session_key_gets_no_grant()
    {
        using var vault = FileVault.Open(_folder.Path, null);
        Assert.Equal(FaultCodes.Malformed, vault.SealGrants(Seal(vault), Node, new byte[32], [GrantOrder.Plain(new(Task, 0, 1))]).Fault?.Code);
    }

    [Fact]
    public void The_master_key_may_come_from_the_environment_and_then_is_not_on_disk()
    {
        var master = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        byte[] wrapped;
        using (var vault = FileVault.Open(_folder.Path, master))
            wrapped = Seal(vault);
        Assert.False(File.Exists(_folder["vault.master"]));
        using var again = FileVault.Open(_folder.Path, master);
        Assert.True(again.Check(Task, wrapped).IsOk);
    }

    [Fact]
    public void A_wrong_missing_or_malformed_master_key_says_what_to_do()
    {
        FileVault.Open(_folder.Path, null).Dispose();
        AssertRefused("does not open", Convert.ToHexStringLower(new byte[32]));
        AssertRefused("RXELON_VAULT_KEY is not a master key", "secret");
        File.WriteAllText(_folder["vault.master"], "ab");
        AssertRefused("is not a master key", null);
        File.Delete(_folder["vault.master"]);
        AssertRefused("master key is missing", null);
        Assert.False(File.Exists(_folder["vault.master"]));
    }

    [Fact]
    public void A_damaged_key_file_is_not_replaced()
    {
        FileVault.Open(_folder.Path, null).Dispose();
        var bytes = File.ReadAllBytes(_folder["vault.key"]);
        bytes[10] ^= 1;
        File.WriteAllBytes(_folder["vault.key"], bytes);
        AssertRefused("does not open", null);
        File.WriteAllBytes(_folder["vault.key"], bytes[1..]);
        AssertRefused("is damaged", null);
    }

    [Fact]
    public void Key_files_are_for_their_owner_only_and_hold_no_private_key_in_the_clear()
    {
        FileVault.Open(_folder.Path, null).Dispose();
        foreach (var file in (string[])["vault.master", "vault.key"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder[file]));
        File.SetUnixFileMode(_folder["vault.master"], UnixFileMode.UserRead | UnixFileMode.OtherRead);
        AssertRefused("can be read by others", null);
    }

    private byte[] Seal(FileVault vault) => KeyWrap.Wrap(_taskKey, vault.PublicKey, KeyWrapContext.TaskVault(Task)).ToBytes();

    private void AssertRefused(string sentence, string? environment)
        => Assert.Contains(
            sentence, Assert.Throws<InvalidDataException>(() => FileVault.Open(_folder.Path, environment)).Message, StringComparison.Ordinal);
}
