using System.Web;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Tests.Config;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Blobs;

public sealed class CapabilityUrlsSpecs : IDisposable
{
    private static readonly AccountId Owner = StoreFixture.Account(1);
    private static readonly BlobRef Blob = new(BlobId.Of([1, 2]), 70_000);
    private readonly DataFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));

    private CapabilityUrls Urls => CapabilityUrls.Open(_folder.Path, () => "http://hub", _time);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_path_gives_back_what_it_allows_and_survives_a_restart()
    {
        var read = Check(Urls.Get(Blob, TimeSpan.FromMinutes(1)));
        Assert.Equal(("GET", Blob, (AccountId?)null), (read.Value.Verb, read.Value.Blob, read.Value.Owner));
        var store = Check(Urls.Put(Owner, Blob, TimeSpan.FromMinutes(1)));
        Assert.Equal(("PUT", Blob, (AccountId?)Owner), (store.Value.Verb, store.Value.Blob, store.Value.Owner));
    }

    [Theory]
    [InlineData("verb=PUT", "verb=GET")]
    [InlineData("size=70000", "size=70001")]
    [InlineData("exp=17", "exp=18")]
    [InlineData("sig=", "sig=0")]
    public void A_changed_path_is_refused(string from, string to)
    {
        var path = Urls.Put(Owner, Blob, TimeSpan.FromMinutes(1));
        Assert.Contains(from, path, StringComparison.Ordinal);
        Assert.Equal(FaultCodes.Forbidden, Check(path.Replace(from, to, StringComparison.Ordinal)).Fault?.Code);
    }

    [Fact]
    public void A_path_for_one_blob_or_account_is_none_for_another()
    {
        var path = Urls.Put(Owner, Blob, TimeSpan.FromMinutes(1));
        var other = StoreFixture.Account(2).ToString();
        Assert.Equal(FaultCodes.Forbidden, Check(path.Replace(Owner.ToString(), other, StringComparison.Ordinal)).Fault?.Code);
        Assert.Equal(
            FaultCodes.Forbidden,
            Check(path.Replace(Blob.Id.ToString(), BlobId.Of([3]).ToString(), StringComparison.Ordinal)).Fault?.Code);
    }

    [Fact]
    public void An_expired_path_is_refused_as_expired()
    {
        var path = Urls.Get(Blob, TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(FaultCodes.TokenExpired, Check(path).Fault?.Code);
    }

    [Fact]
    public void Another_hubs_path_is_refused()
    {
        using var elsewhere = new DataFolder();
        var foreign = CapabilityUrls.Open(elsewhere.Path, () => "", _time).Get(Blob, TimeSpan.FromMinutes(1));
        Assert.Equal(FaultCodes.Forbidden, Check(foreign).Fault?.Code);
    }

    [Fact]
    public void The_key_is_readable_by_its_owner_only()
    {
        _ = Urls;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["capability.key"]));
    }

    private Outcome<BlobCapability> Check(string path)
    {
        var query = HttpUtility.ParseQueryString(path[path.IndexOf('?', StringComparison.Ordinal)..]);
        var id = BlobId.Parse(path["/b/".Length..path.IndexOf('?', StringComparison.Ordinal)]);
        return Urls.Check(id, query["verb"], query["size"], query["exp"], query["owner"], query["sig"]);
    }
}
