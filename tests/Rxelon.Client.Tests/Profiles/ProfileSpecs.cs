using System.Text;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Profiles;

public sealed class ProfileSpecs : IDisposable
{
    private static readonly HubAddress Hub = HubAddress.Parse("https://hub.example:7600#" + new string('a', 64)).Value;

    private readonly TempFolder _folder = new();
    private readonly AccountKeys _keys = AccountKeys.Generate().With("rxk_key");

    private ProfileStore Store => new(_folder["home"]);

    public void Dispose()
    {
        _keys.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("correct horse")]
    public void An_account_file_gives_the_same_keys_back(string? passphrase)
    {
        Assert.Null(Store.Save("a", AccountFile.Of(_keys, "ada", "user", Hub, passphrase)));
        var file = Store.Load("a").Value;
        using var keys = file.Unlock(passphrase).Value;
        Assert.Equal((_keys.Account, "rxk_key"), (keys.Account, keys.ApiKey));
        Assert.Equal(_keys.Exchange.PublicKey, keys.Exchange.PublicKey);
        Assert.Equal(Hub, HubAddress.Parse(file.Hub, file.Fingerprint).Value);
    }

    [Fact]
    public void Under_a_passphrase_nothing_secret_can_be_read_and_a_wrong_one_or_a_change_is_refused()
    {
        var file = AccountFile.Of(_keys, "ada", "user", Hub, "correct horse");
        var text = Encoding.UTF8.GetString(file.ToBytes());
        Assert.DoesNotContain(Convert.ToBase64String(_keys.Signing.ExportSeed()), text, StringComparison.Ordinal);
        Assert.DoesNotContain("rxk_key", text, StringComparison.Ordinal);
        Assert.Equal(FaultCodes.Unauthorized, file.Unlock("wrong").Fault?.Code);
        Assert.Equal(FaultCodes.Unauthorized, file.Unlock(null).Fault?.Code);
        file.Sealed!.Data[0] ^= 1;
        Assert.Equal(FaultCodes.Unauthorized, file.Unlock("correct horse").Fault?.Code);
    }

    [Fact]
    public void A_cost_that_would_eat_the_machine_is_refused()
    {
        var file = AccountFile.Of(_keys, "ada", "user", Hub, "correct horse");
        var greedy = file with { Sealed = file.Sealed! with { MemoryKib = int.MaxValue } };
        Assert.Equal(FaultCodes.Malformed, greedy.Unlock("correct horse").Fault?.Code);
    }

    [Fact]
    public void Only_the_owner_may_read_it()
    {
        Assert.Null(Store.Save("a", AccountFile.Of(_keys, "ada", "user", Hub, null)));
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Store.PathOf("a")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Store.Directory));
        File.SetUnixFileMode(Store.PathOf("a"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Equal(FaultCodes.Unauthorized, Store.Load("a").Fault?.Code);
    }

    [Fact]
    public void An_existing_profile_is_not_overwritten_and_names_stay_in_the_folder()
    {
        var file = AccountFile.Of(_keys, "ada", "user", Hub, null);
        Assert.Null(Store.Save("a", file));
        Assert.Equal(FaultCodes.Conflict, Store.Save("a", file)?.Code);
        Assert.Equal(FaultCodes.Malformed, Store.Save("../a", file)?.Code);
        Assert.Equal(FaultCodes.Malformed, Store.Load("a/b").Fault?.Code);
        Assert.Equal(FaultCodes.NotFound, Store.Load("b").Fault?.Code);
    }

    [Fact]
    public void A_damaged_file_is_told()
    {
        Assert.Equal(FaultCodes.Malformed, AccountFile.Parse("{"u8).Fault?.Code);
        using var other = AccountKeys.Generate();
        var mixed = AccountFile.Of(_keys, "ada", "user", Hub, null) with { Account = other.Account };
        Assert.Equal(FaultCodes.Malformed, mixed.Unlock(null).Fault?.Code);
    }
}
