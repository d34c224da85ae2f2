//! What a Salesforce DX project says about itself: which folders are packaged.

/// The file that makes a folder a project.
pub const PROJECT_FILE: &str = "sfdx-project.json";

/// The package folders of a project file, relative to it, in its own spelling. `None`: not a project file.
///
/// Source: Salesforce DX Developer Guide, "Salesforce DX Project Configuration", `packageDirectories`.
pub fn package_folders(bytes: &[u8]) -> Option<Vec<String>> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let project: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let folders = project.get("packageDirectories")?.as_array()?;
    Some(folders.iter().filter_map(|f| f.get("path")?.as_str()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_project() {
        let project =
            br#"{"packageDirectories": [{"path": "force-app", "default": true}, {"path": "./b/"}, {"x": 1}]}"#;
        assert_eq!(package_folders(project), Some(vec!["force-app".to_owned(), "./b/".to_owned()]));
        for broken in [&b"{"[..], b"[]", b"{\"packageDirectories\": 1}"] {
            assert_eq!(package_folders(broken), None);
        }
    }
}
