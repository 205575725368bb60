using System.Text;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Tests.Workloads;

public sealed class TaskSpecSpecs
{
    private static readonly TaskSpec _plain = new() { Name = "x", Kind = WorkloadKind.Docker, Image = "sha256:" + new string('a', 64) };

    /// <summary>The bytes are signed: specs that do not use them must not change with the members that later releases add.</summary>
    [Theory]
    [InlineData("repository")]
    [InlineData("imageBlob")]
    [InlineData("gpu")]
    [InlineData("network")]
    public void What_a_spec_does_not_use_is_not_in_its_bytes(string member)
        => Assert.DoesNotContain($"\"{member}\"", Encoding.UTF8.GetString(_plain.ToBytes()), StringComparison.Ordinal);

    [Fact]
    public void What_a_spec_uses_comes_back()
    {
        var spec = _plain with
        {
            Repository = "registry.example/name",
            ImageBlob = new ImageBlob(BlobId.Of([1]), 7),
            Gpu = new GpuRequest(2, GpuVendor.Amd, 8),
            Network = new NetworkRequest(["example.org:443"]),
        };

        var read = TaskSpec.Parse(spec.ToBytes()).Value;

        Assert.Equal((spec.Repository, spec.ImageBlob, spec.Gpu), (read.Repository, read.ImageBlob, read.Gpu));
        Assert.Equal(spec.Network.Allow, read.Network!.Allow);
        Assert.Equal(spec.ToBytes(), read.ToBytes());
    }
}
