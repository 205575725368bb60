using Rxelon.Hub.Config;

return await HubCommand.Root().Parse(args).InvokeAsync();
