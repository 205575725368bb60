namespace Rxelon.Hub.Tests.Http;

/// <summary>One hub for all tests of the API: starting one takes seconds.</summary>
[CollectionDefinition(Name)]
public sealed class HubCollection : ICollectionFixture<RunningHub>
{
    public const string Name = "a running hub";
}
