using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Tests.Workloads;

public sealed class ImageReferenceSpecs
{
    private static readonly string _digest = "sha256:" + new string('a', 64);

    [Theory]
    [InlineData("registry.example/team/name@", "registry.example/team/name")]
    [InlineData("registry.example:5000/name:1.2@", "registry.example:5000/name")]
    [InlineData("localhost/name@", "localhost/name")]
    [InlineData("busybox@", "docker.io/library/busybox")]
    [InlineData("team/name:latest@", "docker.io/team/name")]
    [InlineData("", null)]
    public void A_name_becomes_the_repository_that_it_means(string name, string? repository)
        => Assert.Equal(new ImageReference(repository, _digest), ImageReference.Parse(name + _digest));

    [Theory]
    [InlineData("busybox:latest")]
    [InlineData("busybox@sha256:abc")]
    [InlineData("busybox@sha512:aaaa")]
    [InlineData("")]
    public void A_text_without_a_digest_names_no_image(string text) => Assert.Null(ImageReference.Parse(text));

    [Theory]
    [InlineData("Registry/Name@")]
    [InlineData("registry.example/../name@")]
    [InlineData("@")]
    [InlineData("registry.example/name with space@")]
    public void A_name_that_no_registry_can_have_is_refused(string name) => Assert.Null(ImageReference.Parse(name + _digest));

    [Theory]
    [InlineData("registry.example", true)]
    [InlineData("registry.example/team", true)]
    [InlineData("registry.example/team/name", true)]
    [InlineData("registry.example/tea", false)]
    [InlineData("registry.example:443", false)]
    [InlineData("example", false)]
    public void An_allowed_prefix_ends_where_a_component_ends(string registry, bool allowed)
        => Assert.Equal(allowed, ImageReference.IsAllowed([registry], "registry.example/team/name"));
}
