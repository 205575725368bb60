using System.Net;
using Rxelon.Node.Executors.Egress;

namespace Rxelon.Node.Tests.Egress;

public sealed class PublicAddressSpecs
{
    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:2800:220:1:248:1893:25c8:1946", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:93.184.216.34", true)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:0:0:0:0:0:f5ff:fffe", false)]
    public void Only_addresses_of_the_public_internet_may_be_reached(string address, bool isPublic)
        => Assert.Equal(isPublic, PublicAddress.IsPublic(IPAddress.Parse(address)));
}
