import AWS
import Testing

struct EKSNameTests {
    private static let id = "0123456789ABCDEF0123456789ABCDEF"

    @Test(arguments: [
        "\(id).gr7.eu-central-1.eks.amazonaws.com", "\(id).eu-central-1.eks.amazonaws.com",
        "\(id).yl4.eu-central-1.api.aws",
    ])
    func knowsItsAPIServers(host: String) throws {
        #expect(EKSName.isAPIServer(host, in: try "eu-central-1".region))
        #expect(EKSName.isAPIServer(host.lowercased(), in: try "eu-central-1".region))
        #expect(!EKSName.isAPIServer(host, in: try "eu-west-1".region))
        #expect(!EKSName.isAPIServer(host, in: try "cn-north-1".region))
    }

    @Test func knowsThoseOfChina() throws {
        let china = try "cn-north-1".region
        #expect(EKSName.isAPIServer("\(Self.id).gr7.cn-north-1.eks.amazonaws.com.cn", in: china))
        #expect(EKSName.isAPIServer("\(Self.id).gr7.cn-north-1.api.amazonwebservices.com.cn", in: china))
        #expect(!EKSName.isAPIServer("\(Self.id).gr7.cn-north-1.eks.amazonaws.com", in: china))
    }

    @Test(arguments: [
        "8.8.8.8", "eks.amazonaws.com", "eu-central-1.eks.amazonaws.com", ".eu-central-1.eks.amazonaws.com",
        "x.eu-central-1.eks.amazonaws.com.example.com", "xeu-central-1.eks.amazonaws.com",
        "x.eu-central-1.eks.amazonaws.com.", "a..eu-central-1.eks.amazonaws.com",
        "\(id).execute-api.eu-central-1.api.aws", "eks.eu-central-1.api.aws", "abc.gr7.eu-central-1.api.aws",
    ])
    func knowsOthersFromThem(host: String) throws {
        #expect(!EKSName.isAPIServer(host, in: try "eu-central-1".region))
    }

    @Test func knowsNamesOfClusters() {
        for name in ["shop", "a", "9-lives_x", String(repeating: "a", count: 100)] {
            #expect(EKSName.isCluster(name))
        }
        for name in ["", "-shop", "shop/x", "sh op", "shop\n", "sh*p", String(repeating: "a", count: 101)] {
            #expect(!EKSName.isCluster(name))
        }
    }
}
