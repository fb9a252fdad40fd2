import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPAddressPolicyTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255",
        "100.100.100.200",
        "127.0.0.1", "127.255.0.1", "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1",
        "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1",
        "2001:20::1",
        "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1",
        "fe80::1",
        "febf::1", "fec0::1", "ff02::1", "[::1]",
    ])
    func refuses(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!HTTPAddressPolicy.publicOnly.permits(address))
        #expect(HTTPAddressPolicy.any.permits(address))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "52.94.236.248", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2001:200::1", "2001:4860:4860::8888", "2600:1f00::1", "2a05:d000::1", "64:ff9b::8.8.8.8",
    ])
    func permits(text: String) throws {
        #expect(HTTPAddressPolicy.publicOnly.permits(try #require(IPAddress(text))))
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/8", "fe80::1%eth0", "example.com", "::g",
    ])
    func readsNoOther(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func writesWhatItReads() {
        for text in ["192.0.2.1", "2001:db8::1", "::1", "::"] {
            #expect(IPAddress(text)?.description == text)
        }
    }

    /// `localhost` is a name: it is the address behind it that is refused.
    ///
    /// Other spellings are addresses.
    @Test(arguments: [
        "localhost", "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
    ])
    func refusesALoopbackHost(host: String) async throws {
        let server = try TestServer.started()
        let client = HTTPClient.forTest()
        let url = "http://\(host):\(server.port("plain"))/connection"
        let error = await clientError {
            _ = try await client.execute(HTTPRequest(url: url, addressPolicy: .publicOnly))
        }
        #expect(error?.code == .addressRefused)
        #expect(error?.isRetryable == false)
        #expect(error?.wasSent == false)
    }

    @Test func refusesAPooledConnectionMadeUnderAnotherPolicy() async throws {
        let server = try TestServer.started()
        let client = HTTPClient.forTest()
        let url = "http://localhost:\(server.port("plain"))/connection"
        for _ in 0..<3 {
            _ = try await client.execute(HTTPRequest(url: url))
            let error = await clientError {
                _ = try await client.execute(HTTPRequest(url: url, addressPolicy: .publicOnly))
            }
            #expect(error?.code == .addressRefused)
        }
    }
}
