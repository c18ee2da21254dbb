namespace SeekSharp.Server.Tests;

public class HealthTests
{
    [Fact]
    public async Task Health_says_ok()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Assert.Equal("""{"status":"ok","loaded":[]}""", await server.Client.GetStringAsync("/health"));
    }

    [Fact]
    public async Task Nothing_but_the_options_decides_on_the_address()
    {
        Environment.SetEnvironmentVariable("ASPNETCORE_URLS", "http://0.0.0.0:0");
        try
        {
            await using RunningServer server = await RunningServer.StartAsync();
            Assert.Equal("127.0.0.1", server.Address.Host);
            Assert.Single(server.App.Urls);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ASPNETCORE_URLS", null);
        }
    }
}
