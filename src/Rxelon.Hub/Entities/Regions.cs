namespace Rxelon.Hub.Entities;

/// <summary>Registry key of the Task region: send it <c>ITaskCommand</c>; answers go to the sender.</summary>
public sealed class TaskRegion;

/// <summary>Registry key of the Account region: send it <c>IAccountCommand</c>.</summary>
public sealed class AccountRegion;

/// <summary>Registry key of the Node region: send it <c>INodeCommand</c>.</summary>
public sealed class NodeRegion;

/// <summary>Registry key of the matchmaker (messages in Scheduling/MatchmakerMessages.cs).</summary>
public sealed class MatchmakerKey;

/// <summary>Registry key of the node router (messages in Edge/NodeRouting.cs).</summary>
public sealed class NodeRouterKey;

/// <summary>Registry key of the news desk, which tells watchers what changed (Entities/News.cs).</summary>
public sealed class NewsKey;
