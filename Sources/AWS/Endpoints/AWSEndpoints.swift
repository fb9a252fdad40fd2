internal import HTTPClient

/// Where services are reached.
public struct AWSEndpoints: Sendable {
    private let common: String?
    private let perService: [AWSService: String]

    /// The regional endpoints of AWS itself.
    public init() {
        common = nil
        perService = [:]
    }

    /// Endpoints instead of AWS's: a simulator's.
    ///
    /// - Parameters:
    ///   - common: An http(s) URL for every service.
    ///   - perService: URLs that come before it.
    /// - Throws: ``AWSError`` with code `invalidRequest` for what is no URL, or has a query or fragment.
    public init(common: String?, perService: [AWSService: String] = [:]) throws(AWSError) {
        self.common = try common.map(Self.checked)
        var checked: [AWSService: String] = [:]
        for (service, url) in perService { checked[service] = try Self.checked(url) }
        self.perService = checked
    }

    /// Takes `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` of an environment, as AWS's SDKs do.
    ///
    /// - Throws: As ``init(common:perService:)``.
    public init(environment: [String: String]) throws(AWSError) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        var perService: [AWSService: String] = [:]
        for service in AWSService.allCases {
            perService[service] = value("AWS_ENDPOINT_URL_\(service.environmentSuffix)")
        }
        try self.init(common: value("AWS_ENDPOINT_URL"), perService: perService)
    }

    /// The URL of a service in a region, ending with a slash.
    public func url(of service: AWSService, in region: AWSRegion) -> String {
        replacement(for: service)
            ?? "https://\(service.endpointPrefix).\(region.name).\(region.partition.domain)/"
    }

    /// Whether a service is reached elsewhere than at AWS.
    public func isReplaced(_ service: AWSService) -> Bool { replacement(for: service) != nil }

    private func replacement(for service: AWSService) -> String? { perService[service] ?? common }

    private static func checked(_ url: String) throws(AWSError) -> String {
        guard let parts = try? RequestURL(url), !parts.hasQuery, !parts.hasFragment else {
            // The reason would quote the URL, which may carry credentials.
            throw AWSError(.invalidRequest, "an endpoint's URL must be http(s), without query and fragment")
        }
        return url.hasSuffix("/") ? url : url + "/"
    }
}
