using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Tests.Workloads;

public sealed class NetworkRulesSpecs
{
    [Theory]
    [InlineData("example.org:443", "example.org", 443, true)]
    [InlineData("example.org:443", "EXAMPLE.org", 443, true)]
    [InlineData("example.org:443", "example.org", 80, false)]
    [InlineData("example.org:443", "www.example.org", 443, false)]
    [InlineData("example.org:443", "example.org.evil.net", 443, false)]
    [InlineData("*.example.org:443", "a.b.example.org", 443, true)]
    [InlineData("*.example.org:443", "example.org", 443, false)]
    [InlineData("*.example.org:443", "evilexample.org", 443, false)]
    [InlineData("example.org", "example.org", 12345, true)]
    [InlineData("any", "whatever.net", 1, true)]
    public void A_rule_allows_what_it_names_and_nothing_else(string rule, string host, int port, bool allowed)
        => Assert.Equal(allowed, NetworkRules.Allows([rule], host, port));

    [Theory]
    [InlineData("any", true)]
    [InlineData("example.org", true)]
    [InlineData("*.example.org", true)]
    [InlineData("*.org:443", true)]
    [InlineData("api.example.org:80", false)]
    public void An_operator_agrees_to_a_task_when_every_destination_is_covered(string rule, bool agrees)
        => Assert.Equal(agrees, NetworkRules.Agrees([rule, "example.org:443"], new NetworkRequest([rule == "example.org" ? "example.org:443" : "*.api.example.org:443"])));

    [Theory]
    [InlineData("example.org:443", true)]
    [InlineData("*.example.org:443", true)]
    [InlineData("1.2.3.4:80", true)]
    [InlineData("example.org", false)]
    [InlineData("*:443", false)]
    [InlineData("*.*.org:443", false)]
    [InlineData("Example.org:443", false)]
    [InlineData("example.org:65536", false)]
    [InlineData("exam ple.org:1", false)]
    [InlineData("any", false)]
    public void A_destination_is_a_name_and_a_port(string text, bool isOne) => Assert.Equal(isOne, NetworkRules.IsDestination(text));
}
