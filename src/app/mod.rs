//! The app in Salesforce: which ids it has, which host it is installed on, the page where an admin installs it and
//! the Setup pages where it is allowed.

pub mod my_domain;
pub mod salesforce_id;
