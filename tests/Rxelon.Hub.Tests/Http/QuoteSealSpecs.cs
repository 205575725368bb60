using Microsoft.Extensions.Time.Testing;
using Rxelon.Hub.Config;
using Rxelon.Hub.Http;
using Rxelon.Hub.Tests.Blobs;
using Rxelon.Hub.Tests.Config;

namespace Rxelon.Hub.Tests.Http;

public sealed class QuoteSealSpecs : IDisposable
{
    private readonly DataFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));

    private QuoteSeal Seal => new(new HubOptions { DataDirectory = _folder.Path }, _time);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_promise_is_good_until_it_is_over_even_after_a_restart()
    {
        var (token, until) = Seal.Seal(new AgreedDemand(StoreFixture.Account(1), 3, 1250));
        Assert.Equal(1250, Seal.Open(token, StoreFixture.Account(1), 3));
        _time.SetUtcNow(until);
        Assert.Equal(1250, Seal.Open(token, StoreFixture.Account(1), 3));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(Seal.Open(token, StoreFixture.Account(1), 3));
    }

    [Fact]
    public void A_promise_to_somebody_else_for_something_else_or_changed_is_none()
    {
        var (token, _) = Seal.Seal(new AgreedDemand(StoreFixture.Account(1), 3, 1250));
        Assert.Null(Seal.Open(token, StoreFixture.Account(2), 3));
        Assert.Null(Seal.Open(token, StoreFixture.Account(1), 4));
        for (var i = 0; i < token.Length; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.Null(Seal.Open(changed, StoreFixture.Account(1), 3));
        }

        foreach (var nonsense in (string?[])[null, "", "?", token + "A", token[..^1], new string('A', 100_000)])
            Assert.Null(Seal.Open(nonsense, StoreFixture.Account(1), 3));
    }
}
